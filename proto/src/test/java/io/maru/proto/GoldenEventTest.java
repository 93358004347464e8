package io.maru.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.maru.ingestion.v1.ShardSealed;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The golden files are the events: none is missing, none is stale, each says the same in JSON and in bytes. */
class GoldenEventTest {
    private static final Path FOLDER = Contracts.module().resolve("src/main/resources/events");
    /** Set to true, base64 becomes what data says now. */
    private static final String RECORD = "maru.record";

    static List<EventType> types() {
        return EventType.all();
    }

    @Test
    void everyEventMessageDeclaresItsType() {
        assertThat(types().stream().map(EventType::message))
                .containsExactlyInAnyOrderElementsOf(Contracts.eventFiles().stream()
                        .flatMap(file -> file.getMessageTypes().stream())
                        .toList());
        assertThat(types().stream().map(EventType::type)).doesNotHaveDuplicates();
    }

    @Test
    void everyTypeHasAFileAndEveryFileAType() {
        assertThat(Contracts.filesBelow(FOLDER).map(file -> file.getFileName().toString()))
                .containsExactlyInAnyOrderElementsOf(
                        types().stream().map(type -> type.type() + ".json").toList());
    }

    @ParameterizedTest
    @MethodSource("types")
    void dataAndBytesAreTheSameMessage(EventType type) throws InvalidProtocolBufferException {
        Path file = FOLDER.resolve(type.type() + ".json");
        GoldenEvent event = GoldenEvent.parse(Contracts.read(file));
        DynamicMessage.Builder fromJson = DynamicMessage.newBuilder(type.message());
        JsonFormat.parser().merge(event.json(), fromJson);
        if (Boolean.getBoolean(RECORD)) {
            byte[] bytes = fromJson.build().toByteArray();
            Contracts.write(
                    file,
                    Contracts.read(file)
                            .replaceFirst(
                                    "\"base64\": \"[^\"]*\"",
                                    "\"base64\": \"" + Base64.getEncoder().encodeToString(bytes) + "\""));
            event = GoldenEvent.parse(Contracts.read(file));
        }

        assertThat(event.type()).isEqualTo(type.type());
        assertThat(event.topic()).isEqualTo(type.topic());
        assertThat(fromJson.build().toByteArray()).isEqualTo(event.bytes());
        DynamicMessage fromBytes = DynamicMessage.parseFrom(type.message(), event.bytes());
        assertThat(fromBytes).isEqualTo(fromJson.build());
        assertThat(fromBytes.getUnknownFields().asMap()).isEmpty();
        assertThat(struct(JsonFormat.printer().print(fromBytes))).isEqualTo(struct(event.json()));
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyFieldIsThereSoThatANewOneIsNotForgotten(EventType type) {
        DynamicMessage data = GoldenEvent.read(type.type())
                .data(DynamicMessage.newBuilder(type.message()).build().getParserForType());
        Descriptor message = type.message();

        assertThat(data.getAllFields().keySet())
                .extracting(FieldDescriptor::getName)
                .containsExactlyInAnyOrderElementsOf(message.getFields().stream()
                        .map(FieldDescriptor::getName)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("types")
    void theTopicExists(EventType type) {
        Set<String> topics = new HashSet<>();
        Contracts.read(Contracts.repository().resolve("infra/kafka/topics.txt"))
                .lines()
                .filter(line -> line.startsWith("maru."))
                .forEach(line -> topics.add(line.split(" ")[0]));
        assertThat(topics).contains(GoldenEvent.read(type.type()).topic());
    }

    @ParameterizedTest
    @MethodSource("types")
    void theKeyIsAValueOfTheDataUnlessItIsTheEventsOwnId(EventType type) {
        GoldenEvent event = GoldenEvent.read(type.type());
        DynamicMessage data =
                event.data(DynamicMessage.newBuilder(type.message()).build().getParserForType());
        if (!type.type().equals("maru.run.requested.v1")) {
            assertThat(data.getAllFields().values()).contains(event.key());
        }
    }

    @Test
    void readsTheMessageThatAServiceWrites() {
        ShardSealed sealed = GoldenEvent.read("maru.shard.sealed.v1").data(ShardSealed.parser());

        assertThat(sealed.getShard()).isEqualTo("workspaces/default/corpora/r-7f3a9c/shards/train-00000");
        assertThat(sealed.getTextBytes()).isEqualTo(4_194_871);
    }

    @Test
    void refusesATypeThatNobodyTells() {
        assertThatThrownBy(() -> GoldenEvent.read("maru.shard.lost.v1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("type: maru.shard.lost.v1 (expected: one with a file /events/maru.shard.lost.v1.json)");
    }

    private static Struct struct(String json) throws InvalidProtocolBufferException {
        Struct.Builder struct = Struct.newBuilder();
        JsonFormat.parser().merge(json, struct);
        return struct.build();
    }
}
