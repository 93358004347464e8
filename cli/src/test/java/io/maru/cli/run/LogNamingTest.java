package io.maru.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LogNamingTest {
    private final LogNaming naming = new LogNaming(Path.of("logs/training.log"));

    @Test
    void whatBrokeInsideHasTheLogsName() {
        for (Status broken : new Status[] {Status.INTERNAL.withDescription("internal error"), Status.UNKNOWN}) {
            assertThat(naming.named(broken).getDescription())
                    .isEqualTo("something broke inside; logs/training.log has it");
        }
    }

    @Test
    void whatAServiceRefusesKeepsItsWords() {
        Status refused = Status.INVALID_ARGUMENT.withDescription("layers: 0");
        assertThat(naming.named(refused)).isSameAs(refused);
    }
}
