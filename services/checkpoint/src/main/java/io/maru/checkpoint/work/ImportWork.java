package io.maru.checkpoint.work;

import io.maru.checkpoint.app.CheckpointMeter;
import io.maru.checkpoint.app.HeldImport;
import io.maru.checkpoint.app.ModelImporter;
import io.maru.checkpoint.app.ModelImporter.Written;
import io.maru.checkpoint.domain.CheckpointReason;
import io.maru.checkpoint.domain.FoundModel;
import io.maru.checkpoint.domain.ModelImport;
import io.maru.platform.error.Refusal;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** Does claimed imports, one for each claim. A later attempt begins anew and writes the same. */
public final class ImportWork implements Worker.Work {
    private final Function<Claim, HeldImport> imports;
    private final ModelImporter importer;
    private final Duration progressInterval;
    private final CheckpointMeter meter;

    /**
     * @param imports the import under a claim
     * @param progressInterval between two looks at the database: for progress, and whether somebody has asked to cancel
     */
    public ImportWork(
            Function<Claim, HeldImport> imports,
            ModelImporter importer,
            Duration progressInterval,
            CheckpointMeter meter) {
        this.imports = imports;
        this.importer = importer;
        this.progressInterval = progressInterval;
        this.meter = meter;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        HeldImport held = imports.apply(claim);
        Optional<ModelImport> started = held.start();
        if (started.isEmpty()) {
            return;
        }
        try {
            Written written = importer.write(started.get(), new Throttled(held, progressInterval));
            held.publish(written.name(), written.manifest(), written.found());
            meter.imported(written.found().bytes());
        } catch (Refusal e) {
            if (e.reason() != CheckpointReason.IMPORT_CANCELLED) {
                throw e;
            }
            held.cancelled();
        }
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        imports.apply(claim).fail(reason, message);
    }

    /** Writes progress now and then, but what was found for the first time at once. */
    private static final class Throttled implements ModelImporter.Listener {
        private final HeldImport held;
        private final long interval;
        private FoundModel told = FoundModel.NONE;
        private long time = System.nanoTime();

        Throttled(HeldImport held, Duration interval) {
            this.held = held;
            this.interval = interval.toNanos();
        }

        @Override
        public void at(FoundModel found) {
            long now = System.nanoTime();
            boolean isNews = !found.architecture().equals(told.architecture());
            if (isNews || now - time >= interval) {
                time = now;
                told = found;
                held.progress(found);
            }
        }
    }
}
