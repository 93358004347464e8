package io.maru.training.app;

import io.maru.formats.SealedFile;
import io.maru.model.Learner;
import io.maru.platform.error.GrpcErrors;
import io.maru.training.app.CheckpointRegistry.Candidate;
import io.maru.training.app.CheckpointRegistry.Kept;
import io.maru.training.domain.Course;
import io.maru.training.domain.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/*
 * What training waits for is only what must not change under it:
 *
 *     training thread   step 500 | weights to disk | step 501 502 503 ...
 *     writer's thread                              | objects, registration, what is too old |
 *
 * One checkpoint is on its way at a time; the next one waits for it. While the object store or the checkpoint service is
 * down the writer tries again without end, and training goes on until the next checkpoint is due.
 */
/** Writes one job's checkpoints. For one thread. */
final class CheckpointWriter implements AutoCloseable {
    private static final System.Logger log = System.getLogger(CheckpointWriter.class.getName());
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final HeldJob held;
    private final TrainingBytes bytes;
    private final CheckpointRegistry registry;
    private final String run;
    private final String dataset;
    private final Map<String, Path> unchanging;
    private final Function<Long, Path> folders;
    private final int keep;
    private final ExecutorService background =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "checkpoint-writer"));
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
            String run,
            String dataset,
            Map<String, Path> unchanging,
            Function<Long, Path> folders,
            int keep,
            String last) {
        this.held = held;
        this.bytes = bytes;
        this.registry = registry;
        this.run = run;
        this.dataset = dataset;
        this.unchanging = Map.copyOf(unchanging);
        this.folders = folders;
        this.keep = keep;
        this.last = last;
    }

    /** Deletes what an earlier attempt should have, had it not been cut off. */
    void tidy(Course course) {
        requireIdle();
        sent = background.submit(() -> {
            patiently(last, () -> tidyUp(course));
            return last;
        });
    }

    /**
     * Writes the trainer's files to disk and sends them on their way; none may be on its way already.
     *
     * @param validationLoss of these weights; 0 where none was measured
     * @throws IOException where the disk is full, say; nothing is left of it, and it may be tried again
     */
    void write(Learner trainer, TrainingState state, double validationLoss) throws IOException {
        requireIdle();
        Path folder = folders.apply(state.step());
        try {
            trainer.save(folder);
            Files.write(folder.resolve(TrainingState.FILE), state.toJson());
        } catch (IOException e) {
            Folders.delete(folder);
            throw e;
        }
        Map<String, Path> files = new LinkedHashMap<>(unchanging);
        for (String name : new String[] {Learner.MODEL_FILE, Learner.OPTIMIZER_FILE, TrainingState.FILE}) {
            files.put(name, folder.resolve(name));
        }
        sent = background.submit(() -> {
            String name = CheckpointRegistry.name(run, state.step());
            patiently(name, () -> send(name, files, state.step(), validationLoss));
            patiently(name, () -> tidyUp(state.course()));
            Folders.delete(folder);
            return name;
        });
    }

    private void requireIdle() {
        if (sent != null) {
            throw new IllegalStateException("a checkpoint is on its way (expected: none)");
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
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Name of the last checkpoint that is registered; empty before the first. */
    String last() {
        return last;
    }

    private void send(String name, Map<String, Path> files, long step, double validationLoss) {
        Map<String, SealedFile> stored = new LinkedHashMap<>();
        files.forEach((file, path) -> stored.put(file, bytes.put(name + "/" + file, path)));
        registry.register(new Candidate(run, step, stored, dataset, validationLoss));
        if (kept != null && kept.stream().noneMatch(earlier -> earlier.step() == step)) {
            kept.add(0, new Kept(name, step, stored, validationLoss));
        }
    }

    /** Tells which checkpoint is the best, and deletes those that are neither it nor among the newest. */
    private void tidyUp(Course course) {
        if (kept == null) {
            kept = new ArrayList<>(registry.all(run));
        }
        Optional<Kept> best = kept.stream()
                .filter(checkpoint -> checkpoint.validationLoss() > 0)
                .min(Comparator.comparingDouble(Kept::validationLoss).thenComparingLong(Kept::step));
        held.checkpointed(
                best.map(Kept::name).orElse(""), best.map(Kept::validationLoss).orElse(0.0), course.skipped());
        if (keep == 0) {
            return;
        }
        for (Kept old : List.copyOf(kept.subList(Math.min(keep, kept.size()), kept.size()))) {
            if (!best.map(old::equals).orElse(false)) {
                registry.delete(old.name());
                kept.remove(old);
            }
        }
    }

    /** Does what can be done twice, and tries again without end while something is down. */
    private void patiently(String name, Runnable work) throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                // Whoever took the job over writes the same keys.
                held.requireHeld();
                work.run();
                return;
            } catch (RuntimeException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException(name + ": given up");
                }
                if (!GrpcErrors.isTransient(e)) {
                    throw e;
                }
                log.log(System.Logger.Level.WARNING, "{0} waits: {1}", name, e.getMessage());
            }
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
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
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
