package io.maru.proto;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.maru.checkpoint.v1.CheckpointOuterClass;
import io.maru.control.v1.Control;
import io.maru.evaluation.v1.EvaluationOuterClass;
import io.maru.inference.v1.Inference;
import io.maru.ingestion.v1.Ingestion;
import io.maru.tokenization.v1.Tokenization;
import io.maru.training.v1.Training;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Every .proto file of this module: as compiled, and as written. */
final class Contracts {
    static final Path SOURCES = module().resolve("src/main/proto");

    private Contracts() {}

    /** In the order of the data path. A test compares this list with the folder. */
    static List<FileDescriptor> files() {
        return List.of(
                Ingestion.getDescriptor(),
                io.maru.ingestion.v1.Events.getDescriptor(),
                Tokenization.getDescriptor(),
                io.maru.tokenization.v1.Events.getDescriptor(),
                Training.getDescriptor(),
                io.maru.training.v1.Events.getDescriptor(),
                CheckpointOuterClass.getDescriptor(),
                io.maru.checkpoint.v1.Events.getDescriptor(),
                EvaluationOuterClass.getDescriptor(),
                io.maru.evaluation.v1.Events.getDescriptor(),
                Inference.getDescriptor(),
                io.maru.inference.v1.Events.getDescriptor(),
                Control.getDescriptor(),
                io.maru.control.v1.Events.getDescriptor());
    }

    static List<FileDescriptor> eventFiles() {
        return files().stream()
                .filter(file -> file.getName().endsWith("/events.proto"))
                .toList();
    }

    /** As in {@code maru/ingestion/v1/events.proto}. */
    static List<String> sourceNames() {
        return filesBelow(SOURCES)
                .map(file -> SOURCES.relativize(file).toString())
                .toList();
    }

    static String source(FileDescriptor file) {
        return read(SOURCES.resolve(file.getName()));
    }

    /** The file's messages, nested ones included. */
    static List<Descriptor> messages(FileDescriptor file) {
        List<Descriptor> messages = new ArrayList<>();
        file.getMessageTypes().forEach(message -> addWithNested(message, messages));
        return messages;
    }

    private static void addWithNested(Descriptor message, List<Descriptor> messages) {
        messages.add(message);
        message.getNestedTypes().forEach(nested -> addWithNested(nested, messages));
    }

    static Path repository() {
        return module().getParent();
    }

    static Path module() {
        return Path.of(System.getProperty("maru.root"), "proto");
    }

    static Stream<Path> filesBelow(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
