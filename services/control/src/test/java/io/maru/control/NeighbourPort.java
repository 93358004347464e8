package io.maru.control;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Points all six clients at one free port, where a test may let {@link FakeServices} listen, or not. */
public final class NeighbourPort implements QuarkusTestResourceLifecycleManager {
    static final String PROPERTY = "test.neighbour.port";

    @Override
    public Map<String, String> start() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(socket.getLocalPort());
            Map<String, String> configuration = new HashMap<>();
            configuration.put(PROPERTY, port);
            for (String service :
                    List.of("ingestion", "tokenization", "training", "checkpoint", "evaluation", "inference")) {
                configuration.put("quarkus.grpc.clients." + service + ".test-port", port);
            }
            configuration.put("maru.control.poll-millis", "50");
            configuration.put("maru.caller.trust-forwarded", "true");
            return configuration;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {}
}
