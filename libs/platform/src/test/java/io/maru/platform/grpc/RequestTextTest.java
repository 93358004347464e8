package io.maru.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.maru.checkpoint.v1.CheckpointOuterClass;
import io.maru.control.v1.CheckRecipeRequest;
import io.maru.control.v1.Control;
import io.maru.evaluation.v1.EvaluationOuterClass;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.Inference;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.Ingestion;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.options.v1.Characters;
import io.maru.options.v1.FieldRule;
import io.maru.options.v1.Options;
import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import io.maru.tokenization.v1.EncodeRequest;
import io.maru.tokenization.v1.Tokenization;
import io.maru.training.v1.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RequestTextTest {
    private static final List<FileDescriptor> APIS = List.of(
            Ingestion.getDescriptor(),
            Tokenization.getDescriptor(),
            Training.getDescriptor(),
            CheckpointOuterClass.getDescriptor(),
            EvaluationOuterClass.getDescriptor(),
            Inference.getDescriptor(),
            Control.getDescriptor());

    /**
     * A string that a caller can send, and how to send it.
     *
     * @param way the fields from the request to the string
     */
    private record Text(MethodDescriptor method, List<FieldDescriptor> way) {
        Message saying(String text) {
            return message(method.getInputType(), 0, text);
        }

        private Message message(Descriptor type, int depth, Object text) {
            FieldDescriptor field = way.get(depth);
            Object value = depth == way.size() - 1 ? text : message(field.getMessageType(), depth + 1, text);
            DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
            return (field.isRepeated() ? message.addRepeatedField(field, value) : message.setField(field, value))
                    .build();
        }

        /** As in {@code kinds[0].key}. */
        String path() {
            StringBuilder path = new StringBuilder();
            for (FieldDescriptor field : way) {
                path.append(path.isEmpty() ? "" : ".").append(field.getName()).append(field.isRepeated() ? "[0]" : "");
            }
            return path.toString();
        }

        FieldRule rule() {
            return way.get(way.size() - 1).getOptions().getExtension(Options.field);
        }

        @Override
        public String toString() {
            return method.getName() + " " + path();
        }
    }

    /** Every string of every request of every method, those of messages within it too. */
    static List<Text> texts() {
        List<Text> texts = new ArrayList<>();
        APIS.forEach(api -> api.getServices().forEach(service -> service.getMethods()
                .forEach(method -> addTexts(method, method.getInputType(), List.of(), texts))));
        return texts;
    }

    private static void addTexts(
            MethodDescriptor method, Descriptor type, List<FieldDescriptor> way, List<Text> texts) {
        for (FieldDescriptor field : type.getFields()) {
            List<FieldDescriptor> longer = new ArrayList<>(way);
            longer.add(field);
            if (field.getJavaType() == JavaType.STRING) {
                texts.add(new Text(method, List.copyOf(longer)));
            } else if (field.getJavaType() == JavaType.MESSAGE) {
                addTexts(method, field.getMessageType(), longer, texts);
            }
        }
    }

    @Test
    void knowsTheApiOfEveryService() throws IOException {
        Path contracts = Path.of(System.getProperty("maru.root"), "proto/src/main/proto");
        try (Stream<Path> files = Files.walk(contracts)) {
            assertThat(files.filter(file -> file.toString().endsWith(".proto"))
                            .map(file -> contracts.relativize(file).toString())
                            .filter(name -> !name.endsWith("/events.proto") && !name.endsWith("/options.proto")))
                    .containsExactlyInAnyOrderElementsOf(
                            APIS.stream().map(FileDescriptor::getName).toList());
        }
        assertThat(texts())
                .extracting(Text::toString)
                .contains(
                        "SubmitRun request_id",
                        "CreateCorpus sources[0]",
                        "CreateCorpus kinds[0].key",
                        "Upload header.file_name",
                        "ServeModel spec.sample.prompt");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void aControlCharacterIsRefusedUnlessTheFieldIsForText(Text text) {
        String found = " as character 3 (expected: no control characters";
        boolean any = text.rule().getCharacters() == Characters.ANY;
        boolean lines = text.rule().getCharacters() == Characters.LINES;

        for (int control : new int[] {0, 7, 0x1B, 0x7F, 0x9B}) {
            assertThat(check(text.saying("a\uD83D\uDE00" + (char) control)))
                    .extracting(Violation::toString)
                    .isEqualTo(
                            any
                                    ? List.of()
                                    : List.of(String.format(
                                            Locale.ROOT,
                                            "%s: U+%04X%s",
                                            text.path(),
                                            control,
                                            found + (lines ? " but tabs and line ends)" : ")"))));
        }
        for (String lineEnd : List.of("\t", "\n", "\r\n")) {
            assertThat(check(text.saying("a" + lineEnd + "b")).isEmpty()).isEqualTo(any || lines);
        }
    }

    @ParameterizedTest
    @MethodSource("texts")
    void halfACharacterIsRefused(Text text) {
        for (String half : List.of("\uD83D", "\uDE00", "\uDE00\uD83D")) {
            assertThat(check(text.saying("a" + half)))
                    .extracting(Violation::toString)
                    .containsExactly(String.format(
                            Locale.ROOT,
                            "%s: U+%04X as character 2 (expected: characters of Unicode; this is half of one)",
                            text.path(),
                            (int) half.charAt(0)));
        }
    }

    @ParameterizedTest
    @MethodSource("texts")
    void aLengthOfMoreThanTheFieldTakesIsRefused(Text text) {
        int max = RequestText.maxLength(text.rule());
        String largest = "\uD83D\uDE00" + "왜".repeat(max - 1);

        assertThat(check(text.saying(largest))).isEmpty();
        assertThat(check(text.saying(largest + "x")))
                .extracting(Violation::toString)
                .containsExactly(String.format(
                        Locale.ROOT, "%s: %d characters (expected: at most %d)", text.path(), max + 1, max));
    }

    @ParameterizedTest
    @MethodSource("texts")
    void ordinaryNamesOfTheWorldAreLetThrough(Text text) {
        assertThat(check(text.saying("왜가리 é \uD83D\uDE00 \u200D \uFFFF \u2028")))
                .isEmpty();
        assertThat(check(text.saying(""))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("texts")
    void aTextHasALimitOfItsOwnSinceThatOfNamesIsTooSmall(Text text) {
        if (text.rule().getCharacters() != Characters.CHARACTERS_UNSPECIFIED) {
            assertThat(text.rule().getMaxLength()).isGreaterThan(RequestText.MAX_LENGTH);
        }
    }

    @Test
    void textThatBecomesTokensMayHoldEverything() {
        assertThat(check(EncodeRequest.newBuilder().setText("a\0b").build())).isEmpty();
        assertThat(check(GenerateRequest.newBuilder().setPrompt("a\u001b\0").build()))
                .isEmpty();
    }

    @Test
    void aRecipeHasTabsAndLines() {
        assertThat(check(CheckRecipeRequest.newBuilder()
                        .setRecipe("name: a\r\nsteps:\n\t- \u0085")
                        .build()))
                .isEmpty();
    }

    @Test
    void allThatIsWrongIsToldAtOnceUpToALimit() {
        CreateCorpusRequest request = CreateCorpusRequest.newBuilder()
                .setRequestId("\0")
                .addSources("fine")
                .addSources("a\nb")
                .build();

        assertThat(check(request)).extracting(Violation::path).containsExactly("request_id", "sources[1]");
        assertThat(check(CreateCorpusRequest.newBuilder()
                        .addAllSources(Collections.nCopies(100_000, "\0"))
                        .build()))
                .hasSize(RequestText.MAX_VIOLATIONS);
    }

    @Test
    void findsTheStringThatIsNoUtf8() throws IOException {
        ByteString broken = ByteString.copyFrom(new byte[] {'a', (byte) 0xC3});
        ByteString header = UploadRequest.Header.newBuilder()
                .setFileName("a.txt")
                .setKind("??")
                .build()
                .toByteString();
        byte[] bytes = UploadRequest.newBuilder()
                .setHeader(UploadRequest.Header.parseFrom(header))
                .build()
                .toByteArray();
        bytes[bytes.length - 1] = broken.byteAt(1);

        assertThat(RequestText.pathOfMalformed(UploadRequest.getDescriptor(), ByteString.copyFrom(bytes)))
                .isEqualTo(Optional.of("header.kind"));
        assertThat(RequestText.pathOfMalformed(
                        UploadRequest.getDescriptor(),
                        UploadRequest.newBuilder().setChunk(broken).build().toByteString()))
                .isEmpty();
    }

    private static List<Violation> check(Message message) {
        Violations violations = new Violations();
        RequestText.check(message, violations);
        return violations.list();
    }
}
