package io.maru.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisorTest {
    @TempDir
    Path folder;

    @Test
    void aServiceWritesPlainDigitsWhateverTheLocaleOfTheMachine() throws Exception {
        List<String> command = new Supervisor(folder, folder.resolve("data"), new Ports(Ports.DEFAULT_FIRST))
                .command(Service.EVALUATION);
        List<String> shell = new ArrayList<>(command.subList(0, command.indexOf("-jar")));
        shell.addAll(List.of("-XshowSettings:locale", "-version"));
        ProcessBuilder builder = new ProcessBuilder(shell).redirectErrorStream(true);
        builder.environment().put("JAVA_TOOL_OPTIONS", "-Duser.language=ar -Duser.country=EG");

        Process process = builder.start();
        String settings = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isZero();
        assertThat(settings).containsPattern("default format locale = English");
    }
}
