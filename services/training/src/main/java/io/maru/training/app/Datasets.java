package io.maru.training.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.Manifest;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.DatasetShare;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingRequest;
import java.util.ArrayList;
import java.util.List;

/** Sealed datasets, as tokenization left them in the object store. */
public final class Datasets {
    private final TrainingBytes bytes;

    public Datasets(TrainingBytes bytes) {
        this.bytes = bytes;
    }

    /**
     * All that a job trains on: its own dataset, and then those of its mix.
     *
     * @throws Refusal DATASET_NOT_FOUND, DATASET_CORRUPT
     */
    public List<Dataset> read(TrainingRequest request) {
        List<Dataset> datasets = new ArrayList<>(List.of(read(request.dataset())));
        for (DatasetShare share : request.spec().mix()) {
            datasets.add(read(share.dataset()));
        }
        return datasets;
    }

    /** @throws Refusal DATASET_NOT_FOUND, DATASET_CORRUPT */
    public Dataset read(String name) {
        try {
            return Dataset.of(name, Manifest.fromJson(bytes.read(name + "/" + Dataset.MANIFEST, Manifest.MAX_BYTES)));
        } catch (CorruptFileException e) {
            throw new Refusal(TrainingReason.DATASET_CORRUPT, e.getMessage(), e);
        } catch (Refusal e) {
            if (e.reason() == CommonReason.OBJECT_MISSING) {
                throw new Refusal(
                        TrainingReason.DATASET_NOT_FOUND, name + ": no such dataset (expected: a sealed one)", e);
            }
            throw e;
        }
    }
}
