//! How records are decoded, by the settings.

use crate::app::RunError;
use crate::pipeline::decode::{DecodeOptions, Decoder, FieldMapping};
use crate::settings::Settings;

/// The decoder that the settings ask for.
///
/// # Errors
/// A mapping of `events.fields` that cannot be used.
pub fn decoder(settings: &Settings) -> Result<Decoder, RunError> {
    let events = &settings.events;
    let fields = (!events.fields.is_empty()).then(|| FieldMapping::new(&events.fields)).transpose();
    let fields = fields.map_err(|(field, problem)| RunError::Mapping { field, problem })?;
    Ok(Decoder::new(DecodeOptions { max_bytes: events.max_bytes, fields }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::keys::{EVENT_FIELDS, kind_of};

    #[test]
    fn whatever_the_settings_let_through_is_a_mapping() {
        for field in EVENT_FIELDS {
            for pointer in ["/a", "/a/b", "/", "/a~1b", "/~0", "/~", "/~2", "a", ""] {
                let kind = kind_of(&format!("events.fields.{field}")).unwrap();
                let passes = kind.check(&kind.read(pointer)).is_ok();
                let mapping = FieldMapping::new(&[(field.to_owned(), pointer.to_owned())].into());
                assert_eq!(passes, mapping.is_ok(), "{field} = {pointer}");
            }
        }
    }
}
