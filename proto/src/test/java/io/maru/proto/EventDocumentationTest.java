package io.maru.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/events.md lists what the contracts and the services' configuration say. */
class EventDocumentationTest {
    private static final Path DOCUMENT = Contracts.repository().resolve("docs/events.md");
    /** Set to true, the tables become what the sources say now. */
    private static final String RECORD = "maru.record";

    @Test
    void theTablesAreThoseOfTheContracts() {
        String documented = Contracts.read(DOCUMENT);
        String current = documented.replaceFirst(
                "(?s)(<!-- events, written by EventDocumentationTest -->\n).*(\n<!-- end of events -->)",
                "$1" + Matcher.quoteReplacement(tables()) + "$2");
        if (Boolean.getBoolean(RECORD)) {
            Contracts.write(DOCUMENT, current);
            documented = current;
        }
        assertThat(documented)
                .as("docs/events.md: run this test with -D%s=true to write the tables anew", RECORD)
                .isEqualTo(current);
    }

    private static String tables() {
        StringBuilder text = new StringBuilder();
        for (String topic : EventType.all().stream()
                .map(EventType::topic)
                .distinct()
                .sorted()
                .toList()) {
            text.append("\n### ").append(topic).append("\n\n").append(listeners(topic));
            text.append("\n\n| type | key, for example | data |\n|---|---|---|\n");
            EventType.all().stream()
                    .filter(type -> type.topic().equals(topic))
                    .map(EventDocumentationTest::row)
                    .forEach(text::append);
        }
        return text.toString();
    }

    private static String row(EventType type) {
        String fields = type.message().getFields().stream()
                .map(FieldDescriptor::getName)
                .map(name -> "`" + name + "`")
                .collect(Collectors.joining(", "));
        return "| `%s` | `%s` | %s |\n"
                .formatted(type.type(), GoldenEvent.read(type.type()).key(), fields);
    }

    /** The services whose configuration subscribes to the topic. */
    private static String listeners(String topic) {
        TreeSet<String> listeners = new TreeSet<>();
        for (Path service : services()) {
            Properties properties = new Properties();
            Path file = service.resolve("src/main/resources/application.properties");
            if (Files.exists(file)) {
                load(properties, file);
            }
            properties.forEach((key, value) -> {
                if (key.toString().matches("mp\\.messaging\\.incoming\\..+\\.topics?")
                        && List.of(value.toString().split(",")).contains(topic)) {
                    listeners.add(service.getFileName().toString());
                }
            });
        }
        return listeners.isEmpty()
                ? "No service of Maru listens; it is for others."
                : "Heard by " + String.join(", ", listeners) + ".";
    }

    private static List<Path> services() {
        try (var folders = Files.list(Contracts.repository().resolve("services"))) {
            return folders.filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void load(Properties properties, Path file) {
        try {
            properties.load(new StringReader(Contracts.read(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
