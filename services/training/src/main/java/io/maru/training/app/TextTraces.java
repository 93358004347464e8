package io.maru.training.app;

import static io.maru.training.domain.TrainingReason.DATASET_CORRUPT;
import static io.maru.training.domain.TrainingReason.TEXT_NOT_FOUND;

import io.maru.formats.CorruptFileException;
import io.maru.formats.TokenShardReader;
import io.maru.model.data.Mixture;
import io.maru.platform.error.Refusal;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.DatasetShare;
import io.maru.training.domain.TrainingCursor;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingPlan;
import io.maru.training.domain.TrainingState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/*
 * No step writes down what it saw. Which tokens a batch holds is a function of the dataset, the seed and the batch's number, and
 * that function can be asked backwards:
 *
 *     text 17 of shards/train-00000    tokens 4,210 to 4,611    windows 65 to 72    batches 3, 40, 101 ...    steps 4, 41, 102 ...
 */
/** Tells which jobs learnt from a text, and in which steps. */
public final class TextTraces {
    private static final int JOBS_AT_A_TIME = 500;
    private static final int MAX_STATE_BYTES = 1 << 20;

    private final TrainingJobCatalog catalog;
    private final Datasets datasets;
    private final TrainingBytes bytes;

    public TextTraces(TrainingJobCatalog catalog, Datasets datasets, TrainingBytes bytes) {
        this.catalog = catalog;
        this.datasets = datasets;
        this.bytes = bytes;
    }

    /** @param steps counted from 1, in order */
    public record Use(TrainingJob job, List<Long> steps) {}

    /**
     * What the jobs of a workspace had of a text, the newest job first.
     *
     * @param name of the dataset
     * @param shard its key below the dataset, as in {@code shards/train-00000}
     * @param text counted from 0
     * @throws Refusal DATASET_NOT_FOUND, DATASET_CORRUPT, TEXT_NOT_FOUND
     */
    public List<Use> of(String workspace, String name, String shard, int text) {
        Dataset dataset = datasets.read(name);
        int number = number(dataset, shard);
        if (number < 0) {
            // Of the validation split, from which nobody learns.
            return List.of();
        }
        TokenShardReader.Text tokens =
                tokens(dataset.key(dataset.train().get(number).entry()), text);
        List<Use> uses = new ArrayList<>();
        long before = Long.MAX_VALUE;
        List<TrainingJob> jobs = catalog.list(workspace, before, JOBS_AT_A_TIME);
        while (!jobs.isEmpty()) {
            for (TrainingJob job : jobs) {
                List<String> all = sources(job);
                if (all.contains(name)) {
                    uses.add(new Use(job, steps(job, all, name, number, tokens)));
                }
                before = job.sequence();
            }
            jobs = catalog.list(workspace, before, JOBS_AT_A_TIME);
        }
        return uses;
    }

    private static List<String> sources(TrainingJob job) {
        return Stream.concat(
                        Stream.of(job.request().dataset()),
                        job.request().spec().mix().stream().map(DatasetShare::dataset))
                .toList();
    }

    private List<Long> steps(
            TrainingJob job, List<String> sources, String dataset, int shard, TokenShardReader.Text text) {
        long taken = job.progress().step();
        if (taken == 0) {
            return List.of();
        }
        TrainingCursor cursor = cursor(job);
        Mixture mixture = TrainingPlan.mixture(job.request().spec(), datasets.read(job.request()));
        LongStream batches = LongStream.empty();
        for (int source = 0; source < sources.size(); source++) {
            if (sources.get(source).equals(dataset)) {
                batches = LongStream.concat(
                        batches, mixture.batchesWith(source, shard, text.first(), text.end(), cursor.batch(taken)));
            }
        }
        return batches.mapToObj(cursor::stepOn)
                .filter(OptionalLong::isPresent)
                .map(OptionalLong::getAsLong)
                .filter(step -> step <= taken)
                .sorted()
                .distinct()
                .toList();
    }

    /** What the job left out is told by its last checkpoint. */
    private TrainingCursor cursor(TrainingJob job) {
        String checkpoint = job.progress().lastCheckpoint();
        return checkpoint.isEmpty() || job.details().skippedBatches() == 0
                ? TrainingCursor.BEGINNING
                : TrainingState.fromJson(bytes.read(checkpoint + "/" + TrainingState.FILE, MAX_STATE_BYTES))
                        .cursor();
    }

    /** The shard's place among those of the training split; less than 0 for one of the validation split. */
    private static int number(Dataset dataset, String shard) {
        for (int i = 0; i < dataset.train().size(); i++) {
            if (dataset.train().get(i).entry().key().equals(shard)) {
                return i;
            }
        }
        if (dataset.validation().stream().anyMatch(one -> one.entry().key().equals(shard))) {
            return -1;
        }
        throw TEXT_NOT_FOUND.because("shard: %s has no %s (expected: one of its shards)", dataset.name(), shard);
    }

    private TokenShardReader.Text tokens(String key, int text) {
        try {
            return TokenShardReader.text((offset, length) -> bytes.open(key, offset, length), text, key);
        } catch (CorruptFileException e) {
            if (e.place().equals("texts")) {
                throw TEXT_NOT_FOUND.because("index: %d (expected: below %s, the texts of %s)", text, e.found(), key);
            }
            throw new Refusal(DATASET_CORRUPT, e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
