package io.maru.training.work.process;

import static org.assertj.core.api.Assertions.assertThat;

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
}
