package io.maru.cli.stack;

import java.util.List;

/**
 * One of the seven services as a process of this machine.
 *
 * @param portOffset its port is the stack's first port plus this
 * @param jvmOptions what its JVM needs: a service without computation of its own does without the second compiler
 */
public enum Service {
    CONTROL(0, "-Xmx128m", "-XX:TieredStopAtLevel=1"),
    INGESTION(1, "-Xmx192m"),
    TOKENIZATION(2, "-Xmx384m"),
    TRAINING(3, "-Xmx384m"),
    CHECKPOINT(4, "-Xmx256m"),
    EVALUATION(5, "-Xmx192m", "-XX:TieredStopAtLevel=1"),
    INFERENCE(6, "-Xmx384m");

    private final int portOffset;
    private final List<String> jvmOptions;

    Service(int portOffset, String... jvmOptions) {
        this.portOffset = portOffset;
        this.jvmOptions = List.of(jvmOptions);
    }

    /** As in {@code training}: its folder, its schema, the middle of its topic. */
    public String id() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    public int port(Ports ports) {
        return ports.first() + portOffset;
    }

    List<String> jvmOptions() {
        return jvmOptions;
    }

    /** The order in which to stop: who asks others goes before those who are asked. */
    static List<Service> stopOrder() {
        return List.of(CONTROL, EVALUATION, INFERENCE, TRAINING, CHECKPOINT, TOKENIZATION, INGESTION);
    }
}
