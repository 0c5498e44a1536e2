//! What an error of Kafka's means to a person: the setting to look at.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// A setting that the error points to, where it does.
pub(crate) fn advice(code: RDKafkaErrorCode) -> Option<&'static str> {
    use RDKafkaErrorCode as Code;
    match code {
        Code::Authentication
        | Code::SaslAuthenticationFailed
        | Code::UnsupportedSASLMechanism
        | Code::IllegalSASLState => Some("look at kafka.client: sasl.mechanism, sasl.username and sasl.password"),
        Code::SSL => Some("look at kafka.client: security.protocol and the ssl.* properties"),
        Code::TopicAuthorizationFailed => {
            Some("the user lacks a right on a topic: read on topics.events, read and write on ours (topics.*)")
        }
        Code::GroupAuthorizationFailed => Some("the user lacks the right to read with the groups of kafka.group"),
        Code::TransactionalIdAuthorizationFailed => {
            Some("the user lacks the right to write with the transactional ids that start with kafka.group")
        }
        Code::ClusterAuthorizationFailed => {
            Some("the user lacks a right on the cluster; with topics.create, to create topics")
        }
        Code::Resolve | Code::AllBrokersDown | Code::BrokerTransportFailure => {
            Some("look at kafka.brokers, and whether the broker runs")
        }
        _ => None,
    }
}

/// The error with the setting to look at.
pub(crate) fn explain(error: &KafkaError) -> String {
    match code(error).and_then(advice) {
        Some(advice) => format!("{error}: {advice}"),
        None => error.to_string(),
    }
}

/// The code of any error; librdkafka's bindings leave out that of the admin client's.
fn code(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        error => error.rdkafka_error_code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_names_what_it_is_missing_on_whichever_client_met_it() {
        let code = RDKafkaErrorCode::TopicAuthorizationFailed;
        for error in [KafkaError::AdminOp(code), KafkaError::MessageProduction(code), KafkaError::Global(code)] {
            assert!(explain(&error).contains("topics.events"), "{}", explain(&error));
        }
    }
}
