package io.maru.model.cluster;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;

/**
 * Runs a session. In a cluster no run is waited for longer than its limit: TensorFlow's own limits keep a thread for each
 * meeting of processes, or wait for what does not come all the same.
 */
public final class TimedSession implements AutoCloseable {
    private final Session session;
    private final Duration limit;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread runner = new Thread(task, "cluster-runs");
        // One that hangs must not keep the process.
        runner.setDaemon(true);
        return runner;
    });
    private boolean lost;

    public TimedSession(Session session, Duration limit) {
        this.session = session;
        this.limit = limit;
    }

    public Session session() {
        return session;
    }

    public Session.Runner runner() {
        return session.runner();
    }

    /** @throws ClusterLostException if another process is lost */
    public Result run(Session.Runner runner) {
        if (limit.isZero()) {
            return runner.run();
        }
        Future<Result> result = thread.submit(() -> runner.run());
        try {
            return result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw lost("no answer for " + limit.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TensorFlowException) {
                throw lost(e.getCause().getMessage(), e);
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw lost("interrupted", e);
        }
    }

    private ClusterLostException lost(String found, Throwable cause) {
        lost = true;
        return new ClusterLostException("cluster: " + found + " (expected: an answer of every process)", cause);
    }

    /** Leaves a session open that hangs: to close it would hang too. */
    @Override
    public void close() {
        thread.shutdown();
        if (!lost) {
            session.close();
        }
    }

    public boolean isLost() {
        return lost;
    }
}
