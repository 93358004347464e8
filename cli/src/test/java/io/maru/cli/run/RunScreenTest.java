package io.maru.cli.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.maru.cli.Output;
import io.maru.control.v1.Progress;
import io.maru.control.v1.RunEvent;
import io.maru.control.v1.Step;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunScreenTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final RunScreen screen = new RunScreen(
            new Output(new PrintStream(out, true, UTF_8), false, true),
            Map.of("train", "train", "encode", "encode", "seed-2", "train"));

    private static RunEvent event(String step, Step.State state, Progress progress, String message) {
        return RunEvent.newBuilder()
                .setStep(step)
                .setStepState(state)
                .setProgress(progress)
                .setMessage(message)
                .build();
    }

    private static Progress progress(long done, double loss, double validation) {
        return Progress.newBuilder()
                .setDone(done)
                .setTotal(3000)
                .setUnit("steps")
                .putNumbers("loss", loss)
                .putNumbers("validation_loss", validation)
                .putNumbers("tokens_per_second", 21_875)
                .setSecondsLeft(130)
                .build();
    }

    /** The lines that a terminal has in the end, which what was drawn over is no part of. */
    private List<String> seen() {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int column = 0;
        for (char c : out.toString(UTF_8).toCharArray()) {
            if (c == '\n') {
                lines.add(line.toString().stripTrailing());
                line.setLength(0);
                column = 0;
            } else if (c == '\r') {
                column = 0;
            } else {
                line.replace(column, Math.min(line.length(), column + 1), String.valueOf(c));
                column++;
            }
        }
        lines.add(line.toString().stripTrailing());
        return lines;
    }

    @Test
    void tellsWhatAStepIsForWhenItBegins() {
        screen.show(event("encode", Step.State.RUNNING, Progress.getDefaultInstance(), ""));
        screen.show(event("encode", Step.State.RUNNING, Progress.getDefaultInstance(), ""));

        assertThat(seen())
                .containsExactly("encode       turns the text into tokens, the numbers that a model reads", "");
    }

    @Test
    void theBarOfATrainingFitsIntoEightyColumns() {
        screen.show(event("train", Step.State.RUNNING, progress(1240, 2.5, 2.75), ""));

        assertThat(seen().get(2))
                .isEqualTo("train     [########------------]  41%, loss 2.500, 2 min left, 1,240/3,000");
        assertThat(seen()).allSatisfy(line -> assertThat(line.length()).isLessThan(80));
    }

    @Test
    void aValidationLastsAndTheBarIsDrawnAnew() {
        screen.show(event("train", Step.State.RUNNING, progress(250, 3.5, 3.625), ""));
        screen.show(event("train", Step.State.RUNNING, progress(400, 3.25, 3.625), ""));
        screen.show(event("train", Step.State.RUNNING, progress(500, 3, 3.125), ""));
        screen.show(event("train", Step.State.SUCCEEDED, progress(3000, 2, 2), "the last checkpoint"));

        assertThat(seen())
                .containsExactly(
                        "train        lets the model guess each next token, and corrects it",
                        "  step        250   loss   3.500   validation loss   3.625",
                        "  step        500   loss   3.000   validation loss   3.125",
                        "  the last checkpoint",
                        "");
    }

    @Test
    void aLongMessageIsBrokenAtSpaces() {
        screen.show(event(
                "train",
                Step.State.FAILED,
                Progress.getDefaultInstance(),
                "reason ".repeat(20).strip()));

        assertThat(seen()).hasSize(3).allSatisfy(line -> assertThat(line.length())
                .isLessThan(80));
        assertThat(seen().get(1)).startsWith("  reason reason");
    }

    @Test
    void severalAtWorkShareTheLine() {
        screen.show(event("train", Step.State.RUNNING, progress(300, 2.5, 2.75), ""));
        screen.show(event("seed-2", Step.State.RUNNING, progress(600, 2, 2.75), ""));

        List<String> lines = seen();
        assertThat(lines.get(lines.size() - 1)).isEqualTo("train 10%, loss 2.500  |  seed-2 20%, loss 2.000");
    }

    @Test
    void koreanTakesTwoColumnsACharacter() {
        assertThat(Columns.width("민아 kite")).isEqualTo(9);
        assertThat(Columns.wrap("민아는 용감한 사람이었다.", 14)).containsExactly("민아는 용감한", "사람이었다.");
        assertThat(Columns.wrap("abcdef", 4)).containsExactly("abcd", "ef");
        assertThat(Columns.wrap("", 4)).containsExactly("");
    }
}
