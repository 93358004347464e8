package io.maru.platform.thread;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.platform.caller.Caller;
import io.maru.platform.trace.Trace;
import io.opentelemetry.sdk.testing.junit5.OpenTelemetryExtension;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class HandoverTest {
    @RegisterExtension
    static final OpenTelemetryExtension TELEMETRY = OpenTelemetryExtension.create();

    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void stop() {
        other.shutdownNow();
    }

    @Test
    void theOtherThreadWorksInTheCallersNameAndTrace() throws Exception {
        Callable<String> where = () -> Caller.current().workspace() + " " + Trace.current();

        String[] seen =
                Trace.goOn("", "work", "things/a", "", () -> Caller.in("alice").call(() -> new String[] {
                    where.call(),
                    other.submit(Handover.of(where)).get(),
                    other.submit(where).get()
                }));

        assertThat(seen[0]).startsWith("alice 00-");
        assertThat(seen[1]).isEqualTo(seen[0]);
        assertThat(seen[2]).isEqualTo("default ");
    }
}
