package io.maru.training.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps one run's checkpoints by step, and can be down for some calls. */
final class InMemoryRegistry implements CheckpointRegistry {
    final ConcurrentSkipListMap<Long, Candidate> kept = new ConcurrentSkipListMap<>();
    final AtomicInteger outages = new AtomicInteger();
    final AtomicInteger deletionOutages = new AtomicInteger();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private final InMemoryBytes bytes;

    InMemoryRegistry(InMemoryBytes bytes) {
        this.bytes = bytes;
    }

    @Override
    public Optional<Kept> newest(String run, String training) {
        return all(run, training).stream().findFirst();
    }

    @Override
    public List<Kept> all(String run, String training) {
        return kept.descendingMap().values().stream()
                .map(candidate -> new Kept(
                        CheckpointRegistry.name(run, training, candidate.step()),
                        candidate.step(),
                        candidate.files(),
                        candidate.validationLoss()))
                .toList();
    }

    @Override
    public void delete(String name) {
        if (deletionOutages.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw Status.UNAVAILABLE.asRuntimeException();
        }
        kept.remove(step(name));
    }

    @Override
    public Optional<Found> find(String name) {
        return Optional.ofNullable(kept.get(step(name))).map(candidate -> new Found(name, candidate.files()));
    }

    private static long step(String name) {
        return Long.parseLong(name.substring(name.lastIndexOf('-') + 1));
    }

    @Override
    public boolean isIntact(String name) {
        long step = step(name);
        for (Map.Entry<String, SealedFile> file : kept.get(step).files().entrySet()) {
            byte[] content = bytes.objects.get(name + "/" + file.getKey());
            if (content == null || !Sha256.of(content).equals(file.getValue().sha256())) {
                kept.remove(step);
                return false;
            }
        }
        return true;
    }

    @Override
    public void register(Candidate candidate) {
        if (outages.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw Status.UNAVAILABLE.asRuntimeException();
        }
        kept.put(candidate.step(), candidate);
        synchronized (this) {
            notifyAll();
        }
    }

    /** Waits for a checkpoint that is on its way. */
    synchronized void await(long step) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!kept.containsKey(step)) {
            long left = end - System.nanoTime();
            assertThat(left).as("time left for checkpoint " + step).isPositive();
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
