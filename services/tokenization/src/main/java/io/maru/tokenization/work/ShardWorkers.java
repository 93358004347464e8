package io.maru.tokenization.work;

import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import java.util.List;
import java.util.stream.IntStream;

/** The workers of one replica that encode shards, each one shard at a time. */
public final class ShardWorkers implements AutoCloseable {
    private final List<Worker> workers;

    public ShardWorkers(WorkQueue queue, String kind, long pollMillis, ShardWork work, int count) {
        workers = IntStream.range(0, count)
                .mapToObj(i -> new Worker(queue, kind, pollMillis, work))
                .toList();
    }

    public void start() {
        workers.forEach(Worker::start);
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
    }
}
