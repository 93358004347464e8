package io.maru.platform.wiring;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.util.Optional;

/** What an operator may tune of the parts that every service has. */
@ConfigMapping(prefix = "maru")
public interface PlatformConfig {
    ObjectStore objectStore();

    Work work();

    Outbox outbox();

    Inbox inbox();

    Caller caller();

    /** Where the bytes are. */
    interface ObjectStore {
        /** As in {@code http://127.0.0.1:7190}. */
        @WithDefault("http://127.0.0.1:7190")
        String endpoint();

        @WithDefault("maru")
        String accessKey();

        /** Has no default, so that nobody runs with a known one. */
        Optional<String> secretKey();

        @WithDefault("maru")
        String bucket();
    }

    /** Leases on long work. */
    interface Work {
        /** A dead worker's work is taken up after this. Longer: survives longer pauses. Shorter: recovers sooner. */
        @WithDefault("10000")
        @Min(1000)
        long leaseMillis();

        /** How often an idle worker looks for work, besides being told by its own process. */
        @WithDefault("1000")
        @Min(10)
        long pollMillis();
    }

    /** Facts on their way to Kafka. */
    interface Outbox {
        /** How often the relay looks, besides being told. */
        @WithDefault("2000")
        @Min(10)
        long pollMillis();
    }

    /** Events that were dealt with. */
    interface Inbox {
        /**
         * How long an event is remembered, so that it does nothing when it comes again. Must be longer than Kafka keeps the
         * records of the topics, a week where nobody said otherwise.
         */
        @WithDefault("30")
        @Min(1)
        int retentionDays();
    }

    /** Who is let in as whom. */
    interface Caller {
        /**
         * Whether to believe a caller who says that it asks in the name of another, or for another workspace. Only where
         * nobody but Maru's own services can reach the port; otherwise everybody is anonymous, in the workspace "default".
         */
        @WithDefault("false")
        boolean trustForwarded();
    }
}
