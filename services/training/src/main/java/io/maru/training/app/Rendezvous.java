package io.maru.training.app;

import io.maru.model.cluster.Cluster;
import io.maru.training.domain.TrainingReason;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How the processes of an attempt find each other: each tells where it listens, and waits until all have told.
 *
 * @param host of this replica, as the others reach it
 * @param patience until all are there
 * @param limit of what they wait for each other after that
 */
public record Rendezvous(String host, Duration patience, Duration limit) {
    private static final Duration PAUSE = Duration.ofMillis(100);

    /** @throws io.maru.platform.error.Refusal WORKERS_MISSING, which may pass, where not all came */
    public Cluster await(Seat seat) throws IOException, InterruptedException {
        seat.announce(host + ":" + freePort());
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            Optional<List<String>> addresses = seat.addresses();
            if (addresses.isPresent()) {
                return new Cluster(addresses.get(), seat.rank(), limit);
            }
            if (System.nanoTime() - end > 0 || !seat.isWanted()) {
                throw TrainingReason.WORKERS_MISSING.because(
                        "rank %d: not all workers came within %d ms (expected: as many as the job has; each takes a free"
                                + " seat of a replica)",
                        seat.rank(), patience.toMillis());
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }

    /** Somebody else may take it before TensorFlow does; the attempt fails then, and the next one asks again. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
