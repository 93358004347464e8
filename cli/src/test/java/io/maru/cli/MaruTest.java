package io.maru.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What programs rely on: exit codes, one line of error, one JSON object as the last line. */
class MaruTest {
    @TempDir
    Path data;

    private final PrintStream realOut = System.out;
    private final PrintStream realErr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void catchOutput() {
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void giveOutputBack() {
        System.setOut(realOut);
        System.setErr(realErr);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void anUnknownCommandIsOneLineAndTwo() {
        assertThat(Maru.execute("swim")).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err().lines()).hasSize(1);
        assertThat(err()).startsWith("maru: ").contains("swim");
    }

    @Test
    void anArgumentIsTheTextThatItIs() throws Exception {
        Path words = Files.writeString(data.resolve("words.txt"), "status");

        assertThat(Maru.execute("@" + words)).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).startsWith("maru: ").contains("@" + words);
    }

    @Test
    void textThatBeginsWithAHyphenGetsTheWayOut() {
        assertThat(Maru.execute("generate", "models/x", "- hello", "--data", data.toString()))
                .isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err())
                .contains("(expected: -- before the text '- hello', which begins with -; see maru generate --help)");
    }

    @Test
    void aStateThatAPowerLossToreIsNobodysState() throws Exception {
        Files.createFile(data.resolve("stack.json"));

        assertThat(Maru.execute("status", "--data", data.toString())).isEqualTo(CommandFailure.UNAVAILABLE);
        assertThat(err()).startsWith("maru: nothing runs");
    }

    @Test
    void whatBreaksInsideStandsInTheLogAndNotOnTheScreen() throws Exception {
        Files.createDirectories(data.resolve("stack.json"));

        assertThat(Maru.execute("status", "--data", data.toString())).isEqualTo(CommandFailure.FAILED);
        assertThat(err()).doesNotContain("Exception");
        assertThat(err().lines()).hasSize(1);
    }

    @Test
    void statusOfNothingIsThree() {
        assertThat(Maru.execute("status", "--data", data.toString())).isEqualTo(CommandFailure.UNAVAILABLE);
        assertThat(err()).isEqualTo("maru: nothing runs (expected: a stack that ./maru up started)\n");
    }

    @Test
    void anErrorIsJsonTooWhereJsonIsAskedFor() throws Exception {
        Maru.execute("status", "--json", "--data", data.toString());
        JsonNode error = new ObjectMapper().readTree(out());
        assertThat(error.path("error").asText()).isEqualTo("UNAVAILABLE");
        assertThat(error.path("message").asText()).startsWith("nothing runs");
    }

    @Test
    void downOfNothingIsFine() {
        assertThat(Maru.execute("down", "--data", data.toString())).isZero();
        assertThat(out()).isEqualTo("nothing runs\n");
    }

    @Test
    void badTextIsRefusedBeforeAnythingStarts() throws Exception {
        Path recipe = Files.writeString(data.resolve("recipe.yaml"), "name: x\n");
        Path empty = Files.createFile(data.resolve("empty.txt"));
        String[] demo = {"demo", "--data", data.resolve("stack").toString(), "--recipe", recipe.toString(), "--text", ""
        };

        demo[6] = data.resolve("missing.txt").toString();
        assertThat(Maru.execute(demo)).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).contains("missing.txt: no such file (expected: a UTF-8 text file)");

        demo[6] = empty.toString();
        assertThat(Maru.execute(demo)).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).contains("empty.txt: 0 bytes (expected: at least 1)");

        demo[6] = data.toString();
        assertThat(Maru.execute(demo)).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).contains("not a readable file");

        assertThat(data.resolve("stack")).doesNotExist();
    }

    @Test
    void whereNoDataCanBeKeptNothingIsSaidToStart() {
        // Not even root writes there.
        assertThat(Maru.execute("up", "--data", "/proc/maru")).isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(out()).isEmpty();
        assertThat(err())
                .isEqualTo(
                        "maru: cannot write in /proc/maru (expected: a directory of yours; choose one with --data)\n");
    }

    @Test
    void aMissingRecipeIsRefused() {
        assertThat(Maru.execute("submit", data.resolve("no.yaml").toString(), "--text", "x"))
                .isEqualTo(CommandFailure.BAD_INPUT);
        assertThat(err()).contains("no.yaml: no such file (expected: a YAML file)");
    }

    @Test
    void helpNamesEveryExitCode() {
        assertThat(Maru.execute("--help")).isZero();
        for (int code = 0; code <= CommandFailure.NOT_FOUND; code++) {
            assertThat(out()).contains("  " + code + "  ");
        }
    }

    @Test
    void doctorFindsThisMachineFit() throws Exception {
        assertThat(Maru.execute("doctor", "--json", "--data", data.toString(), "--port-base", "21000"))
                .isZero();
        JsonNode report = new ObjectMapper().readTree(out());
        assertThat(report.path("well").asBoolean()).isTrue();
        assertThat(report.path("checks").findValuesAsText("subject"))
                .contains("JDK", "memory", "disk", "ports", "CPU", "GPU");
    }
}
