package io.maru.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** What the rounds of one side took. */
final class Times {
    private final List<Double> seconds = new ArrayList<>();

    interface Work {
        void run() throws Exception;
    }

    void measure(Work work) throws Exception {
        long start = System.nanoTime();
        work.run();
        add((System.nanoTime() - start) / 1e9);
    }

    void add(double second) {
        seconds.add(second);
    }

    /** What one of {@code parts} equal parts of the work took. */
    Times per(int parts) {
        Times times = new Times();
        seconds.forEach(second -> times.add(second / parts));
        return times;
    }

    double median() {
        List<Double> sorted = seconds.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    double best() {
        return Collections.min(seconds);
    }

    /** Each in its turn. */
    String all(String format) {
        return seconds.stream().map(format::formatted).collect(Collectors.joining(", "));
    }

    static double loadAverage() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }
}
