//! The forms of what goes in and what comes out: the contract with the people upstream and
//! downstream. Data and its JSON only; nothing here decides anything. Change by adding only.

pub mod alert;
pub mod event;
pub mod evidence;
pub mod id;
pub mod matched;
pub mod policy;
pub mod sketch;
