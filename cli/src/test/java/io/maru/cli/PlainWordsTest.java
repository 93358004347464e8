package io.maru.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

/** No line of the CLI ends in a Java exception's name. */
class PlainWordsTest {
    @Test
    void takesOutTheNameAndKeepsTheSentence() {
        assertThat(PlainWords.of("train: java.lang.IllegalStateException: no batch"))
                .isEqualTo("train: no batch");
        assertThat(PlainWords.of("cannot convert 'x' to Path (java.nio.file.InvalidPathException: bad)"))
                .isEqualTo("cannot convert 'x' to Path (bad)");
        assertThat(PlainWords.of("a; io.maru.Outer$OddException: b; java.lang.OutOfMemoryError: c"))
                .isEqualTo("a; b; c");
    }

    @Test
    void doesNotEndInTheName() {
        assertThat(PlainWords.of("cannot convert 'x' (java.lang.Exception)")).isEqualTo("cannot convert 'x'");
        assertThat(PlainWords.of("the trainer: java.lang.NullPointerException")).isEqualTo("the trainer");
        assertThat(PlainWords.of("line 3: ClosedChannelException")).isEqualTo("line 3");
        assertThat(PlainWords.of("java.io.EOFException")).isEqualTo("something broke inside");
    }

    @Test
    void leavesWhatTheUserNamedSo() {
        for (String sentence : new String[] {
            "recipe: /tmp/java.lang.Exception: no such file",
            "models/MyException/versions/1: no such model",
            "layers: 0 (expected: 1 to 96)"
        }) {
            assertThat(PlainWords.of(sentence)).isEqualTo(sentence);
        }
    }

    @Test
    void theTransportsWordsBecomeOnesThatTellMore() {
        assertThat(CommandFailure.of(
                        Status.UNAVAILABLE.withDescription("io exception").asRuntimeException()))
                .hasMessageStartingWith("a service does not answer (expected: a running stack");
        assertThat(CommandFailure.of(Status.UNKNOWN.asRuntimeException()))
                .hasMessage("a service answers UNKNOWN without a word more");
        assertThat(CommandFailure.problem(new NoSuchFileException("a.txt")))
                .isEqualTo("no such file (expected: one that is there)");
        assertThat(CommandFailure.problem(new IOException())).isEqualTo("cannot be read or written");
    }
}
