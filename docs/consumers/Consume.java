// Reads alerts: each once, whatever is delivered twice. Needs org.apache.kafka:kafka-clients.

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Consume {
    public static void main(String[] arguments) {
        String brokers = arguments[0], topic = arguments[1];
        int count = Integer.parseInt(arguments[2]);
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", brokers,
                "group.id", "my-service",
                // Records of a transaction that was taken back are never seen.
                "isolation.level", "read_committed",
                "auto.offset.reset", "earliest",
                // Committed below, once the alerts were acted on.
                "enable.auto.commit", false);

        // The last sequence that was acted on, by alert. Keep it where your results are: in the same transaction.
        Map<String, Long> actedOn = new HashMap<>();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (count > 0) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                    String id = header(record, "ce_id");
                    int dot = id.lastIndexOf('.');
                    String alert = id.substring(0, dot);
                    long sequence = Long.parseLong(id.substring(dot + 1));
                    if (sequence > actedOn.getOrDefault(alert, 0L)) {
                        System.out.printf("%s %s %s: %s%n", header(record, "ce_action"),
                                header(record, "ce_severity"), header(record, "ce_subject"), record.value());
                        actedOn.put(alert, sequence);
                    }
                    count--;
                }
                consumer.commitSync();
            }
        }
    }

    private static String header(ConsumerRecord<String, String> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
