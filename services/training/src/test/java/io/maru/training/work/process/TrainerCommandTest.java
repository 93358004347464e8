package io.maru.training.work.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainerCommandTest {
    @Test
    void takesAPackagedServicesJarsFromWhereQuarkusKeepsThem() {
        assertThat(TrainerCommand.classPath("/opt/maru/quarkus-run.jar"))
                .isEqualTo("/opt/maru/app/*:/opt/maru/lib/main/*:/opt/maru/lib/boot/*");
    }

    @Test
    void takesTheClassPathOfAnythingElse() {
        assertThat(TrainerCommand.classPath("a/classes:b.jar")).isEqualTo("a/classes:b.jar");
    }

    @Test
    void aTrainerWritesPlainDigitsWhateverTheLocaleOfTheMachine() throws Exception {
        List<String> words = TrainerCommand.ofThisProcess().words();
        List<String> shell = new ArrayList<>(words.subList(0, words.indexOf("-cp")));
        shell.addAll(List.of("-XshowSettings:locale", "-version"));
        ProcessBuilder builder = new ProcessBuilder(shell).redirectErrorStream(true);
        builder.environment().put("JAVA_TOOL_OPTIONS", "-Duser.language=ar -Duser.country=EG");

        Process process = builder.start();
        String settings = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isZero();
        assertThat(settings).contains("default format locale = English");
    }
}
