//! The engine in force: one for all workers, exchanged whole while they work. Does not know where engines come from.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::matching::engine::Engine;

/// What all workers look at before each record.
pub struct Engines(ArcSwap<Engine>);

impl Engines {
    /// This one is in force.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self(ArcSwap::new(engine))
    }

    /// The one in force.
    pub fn current(&self) -> Arc<Engine> {
        self.0.load_full()
    }

    /// From now on this one is in force. Who works with the one before ends its record with it.
    pub fn put_in_force(&self, engine: Arc<Engine>) {
        self.0.store(engine);
    }

    /// The one in force, where it is another than this.
    pub(crate) fn newer_than(&self, engine: &Arc<Engine>) -> Option<Arc<Engine>> {
        let current = self.0.load();
        (!Arc::ptr_eq(&current, engine)).then(|| Arc::clone(&current))
    }
}
