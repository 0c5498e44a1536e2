//! Tables of records and what becomes of them.

mod refused;
mod shapes;

use super::*;

/// Decodes a value without headers, at `t/1/2`.
fn decode(payload: &[u8]) -> Result<Decoded<'_>, Rejection> {
    decode_with(payload, &[])
}

fn decode_with<'r>(payload: &'r [u8], headers: &[(&'r str, &'r str)]) -> Result<Decoded<'r>, Rejection> {
    Decoder::default().decode(&record(payload, headers))
}

fn record<'r>(payload: &'r [u8], headers: &[(&'r str, &'r str)]) -> Record<'r> {
    let headers = headers.iter().map(|(name, value)| (*name, Some(value.as_bytes()))).collect();
    Record { topic: "t", partition: 1, offset: 2, payload: Some(payload), headers, ..Record::default() }
}
