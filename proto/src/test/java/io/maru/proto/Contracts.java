package io.maru.proto;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.maru.checkpoint.v1.CheckpointOuterClass;
import io.maru.control.v1.Control;
import io.maru.evaluation.v1.EvaluationOuterClass;
import io.maru.inference.v1.Inference;
import io.maru.ingestion.v1.Ingestion;
import io.maru.options.v1.Options;
import io.maru.tokenization.v1.Tokenization;
import io.maru.training.v1.Training;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Every .proto file of this module: as compiled, and as written. */
final class Contracts {
    static final Path SOURCES = module().resolve("src/main/proto");

    private Contracts() {}

    /** What the others say things with, then they in the order of the data path. A test compares this list with the folder. */
    static List<FileDescriptor> files() {
        return List.of(
                Options.getDescriptor(),
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

    /** Those that define an API or its events: all but the options. */
    static List<FileDescriptor> apis() {
        return files().stream().filter(file -> !isOptions(file)).toList();
    }

    static boolean isOptions(FileDescriptor file) {
        return file.getName().startsWith("maru/options/");
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

    /** Maru's own, as this module's pom.xml says it. */
    static String version() {
        Matcher version = Pattern.compile("<artifactId>maru</artifactId>\\s*<version>(.+)</version>")
                .matcher(read(module().resolve("pom.xml")));
        if (!version.find()) {
            throw new IllegalStateException("pom.xml: no version (expected: that of its parent)");
        }
        return version.group(1);
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
