package io.maru.cli.stack;

import io.maru.cli.CommandFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The ports of one stack, all counted from the first.
 *
 * <pre>
 * 7100 control   7101 ingestion  7102 tokenization  7103 training  7104 checkpoint  7105 evaluation  7106 inference
 * 7132 PostgreSQL  7190 S3  7192 Kafka
 * </pre>
 */
public record Ports(int first) {
    public static final int DEFAULT_FIRST = 7100;
    private static final int LAST_OFFSET = 92;

    public Ports {
        if (first < 1024 || first > 65_535 - LAST_OFFSET) {
            throw CommandFailure.badInput(
                    String.format(Locale.ROOT, "port-base: %d (expected: 1024 to %d)", first, 65_535 - LAST_OFFSET));
        }
    }

    public int postgres() {
        return first + 32;
    }

    public int s3() {
        return first + 90;
    }

    public int kafka() {
        return first + LAST_OFFSET;
    }

    /** Every port with the name of its server. */
    public Map<String, Integer> byName() {
        Map<String, Integer> ports = new LinkedHashMap<>();
        for (Service service : Service.values()) {
            ports.put(service.id(), service.port(this));
        }
        ports.put("PostgreSQL", postgres());
        ports.put("S3", s3());
        ports.put("Kafka", kafka());
        return ports;
    }

    /** @throws CommandFailure naming each port that somebody else listens on */
    public void checkFree() {
        String taken = "";
        for (Map.Entry<String, Integer> port : byName().entrySet()) {
            if (!isFree(port.getValue())) {
                taken += (taken.isEmpty() ? "" : ", ") + port.getKey() + " port " + port.getValue();
            }
        }
        if (!taken.isEmpty()) {
            throw CommandFailure.badInput(
                    taken + ": already in use (expected: free; choose other ports with --port-base)");
        }
    }

    public static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            // As the servers do: a port whose last connection is still in TIME_WAIT is free.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
