package io.maru.training.app;

import io.maru.formats.SealedFile;
import io.maru.model.training.Learner;
import io.maru.platform.error.Faults;
import io.maru.platform.file.Folders;
import io.maru.platform.retry.Backoff;
import io.maru.platform.thread.Handover;
import io.maru.platform.thread.YieldingThreads;
import io.maru.training.app.CheckpointRegistry.Candidate;
import io.maru.training.app.CheckpointRegistry.Kept;
import io.maru.training.domain.TrainingCursor;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/*
 * What training waits for is only that weights and moments are held as they are:
 *
 *     training thread   step 500 | hold | step 501 | send | step 502 503 ...
 *     writer's thread                                     | files, objects, registration, what is too old |
 *
 * Between hold and send somebody may see that the weights are of no use, and drop them.
 *
 * One checkpoint is on its way at a time; the next one waits for it. While there is no room on the disk, or the object store
 * or the checkpoint service is down, the writer tries again without end, and training goes on until the next checkpoint is
 * due. The writer's thread leaves the processor to the training.
 */
/** Writes one job's checkpoints. For one thread. */
final class CheckpointWriter implements AutoCloseable {
    private static final System.Logger log = System.getLogger(CheckpointWriter.class.getName());
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final HeldJob held;
    private final TrainingBytes bytes;
    private final CheckpointRegistry registry;
    private final TrainingRequest request;
    private final Map<String, Path> unchanging;
    private final Function<Long, Path> folders;
    private final int keep;
    private final ExecutorService background =
            Executors.newSingleThreadExecutor(new YieldingThreads("checkpoint-writer"));
    /** What the checkpoint that is held or on its way is made of. */
    private Learner.Snapshot snapshot;
    /** Sends what is held. */
    private Callable<String> sending;

    private Future<String> sent;
    private String last;
    /** The highest step first. Of the writer's thread. */
    private List<Kept> kept;

    /**
     * @param unchanging files that every checkpoint of the run has, by name
     * @param folders an empty folder for each step
     * @param keep newest checkpoints to keep beside the best; 0 for all
     * @param last name of the checkpoint that the run goes on from; empty where it begins
     */
    CheckpointWriter(
            HeldJob held,
            TrainingBytes bytes,
            CheckpointRegistry registry,
            TrainingRequest request,
            Map<String, Path> unchanging,
            Function<Long, Path> folders,
            int keep,
            String last) {
        this.held = held;
        this.bytes = bytes;
        this.registry = registry;
        this.request = request;
        this.unchanging = Map.copyOf(unchanging);
        this.folders = folders;
        this.keep = keep;
        this.last = last;
    }

    /** Deletes what an earlier attempt should have, had it not been cut off. */
    void tidy(TrainingCursor cursor) {
        requireIdle();
        sent = background.submit(Handover.of(() -> {
            patiently(last, () -> tidyUp(cursor));
            return last;
        }));
    }

    /**
     * Holds what the trainer has now, until it is sent or dropped; no checkpoint may be held or on its way already.
     *
     * @param validationLoss of these weights; 0 where none was measured
     */
    void hold(Learner trainer, TrainingState state, double validationLoss) {
        requireIdle();
        Learner.Snapshot now = trainer.snapshot();
        snapshot = now;
        sending = () -> {
            String name = CheckpointRegistry.name(request.run(), request.training(), state.step());
            Path folder = patiently(name, () -> folders.apply(state.step()));
            Learner.Contents contents = patiently(name, () -> now.contents(folder));
            patiently(name, () -> {
                send(name, folder, contents, state, validationLoss);
                Folders.delete(folder);
                return name;
            });
            patiently(name, () -> tidyUp(state.cursor()));
            return name;
        };
    }

    boolean isHolding() {
        return sending != null;
    }

    /** Sends the checkpoint that is held on its way. */
    void send() {
        sent = background.submit(Handover.of(sending));
        sending = null;
    }

    /** Lets go of the checkpoint that is held. */
    void drop() {
        sending = null;
        letGo();
    }

    private void requireIdle() {
        if (sent != null || sending != null) {
            throw new IllegalStateException("a checkpoint is held or on its way (expected: none)");
        }
    }

    /**
     * Waits until no checkpoint is on its way, but not longer than {@code patience}.
     *
     * @return whether none is
     */
    boolean awaitIdle(Duration patience) throws InterruptedException {
        if (sent == null) {
            return true;
        }
        try {
            last = sent.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            sent = null;
            letGo();
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof IOException cause) {
                throw new UncheckedIOException(cause);
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Name of the last checkpoint that is registered; empty before the first. */
    String last() {
        return last;
    }

    private void letGo() {
        if (snapshot != null) {
            snapshot.close();
            snapshot = null;
        }
    }

    private void send(String name, Path folder, Learner.Contents contents, TrainingState state, double validationLoss)
            throws IOException {
        Path stateFile = Files.write(folder.resolve(TrainingState.FILE), state.toJson());
        Map<String, SealedFile> stored = new LinkedHashMap<>();
        unchanging.forEach((file, path) -> stored.put(file, bytes.put(name + "/" + file, path)));
        stored.put(TrainingState.FILE, bytes.put(name + "/" + TrainingState.FILE, stateFile));
        Learner.Saved known = contents.known();
        Path spare = folder.resolve("spare");
        bytes.put(name + "/" + Learner.MODEL_FILE, contents.model(), known.model(), spare);
        bytes.put(name + "/" + Learner.OPTIMIZER_FILE, contents.optimizer(), known.optimizer(), spare);
        stored.put(Learner.MODEL_FILE, known.model());
        stored.put(Learner.OPTIMIZER_FILE, known.optimizer());
        registry.register(new Candidate(
                request.run(),
                request.training(),
                state.step(),
                stored,
                request.dataset(),
                request.tokenizer(),
                validationLoss));
        if (kept != null && kept.stream().noneMatch(earlier -> earlier.step() == state.step())) {
            kept.add(0, new Kept(name, state.step(), stored, validationLoss));
        }
    }

    /**
     * Tells which checkpoint is the best, and deletes those that are neither it nor among the newest.
     *
     * @return how many are kept
     */
    private int tidyUp(TrainingCursor cursor) {
        if (kept == null) {
            kept = new ArrayList<>(registry.all(request.run(), request.training()));
        }
        Optional<Kept> best = kept.stream()
                .filter(checkpoint -> checkpoint.validationLoss() > 0)
                .min(Comparator.comparingDouble(Kept::validationLoss).thenComparingLong(Kept::step));
        held.checkpointed(
                best.map(Kept::name).orElse(""), best.map(Kept::validationLoss).orElse(0.0), cursor.skipped());
        if (keep == 0) {
            return kept.size();
        }
        for (Kept old : List.copyOf(kept.subList(Math.min(keep, kept.size()), kept.size()))) {
            if (!best.map(old::equals).orElse(false)) {
                registry.delete(old.name());
                kept.remove(old);
            }
        }
        return kept.size();
    }

    /** Does what can be done twice, and tries again without end while something is down. */
    private <T> T patiently(String name, Work<T> work) throws InterruptedException, IOException {
        for (int failures = 1; ; failures++) {
            try {
                // Whoever took the job over writes the same keys.
                held.requireHeld();
                return work.run();
            } catch (IOException | RuntimeException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException(name + ": given up");
                }
                if (!Faults.isTransient(e)) {
                    throw e;
                }
                log.log(System.Logger.Level.WARNING, "{0} waits: {1}", name, e.getMessage());
            }
            BACKOFF.sleep(failures);
        }
    }

    /** Gives up a checkpoint that is on its way. */
    @Override
    public void close() {
        background.shutdownNow();
        boolean interrupted = false;
        while (true) {
            try {
                if (background.awaitTermination(1, TimeUnit.SECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        letGo();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }
}
