package io.maru.control.client;

import static io.maru.control.domain.ControlReason.NEIGHBOUR_UNAVAILABLE;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.control.app.Resources;
import io.maru.control.domain.Role;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc.IngestionServiceBlockingStub;
import io.maru.platform.error.Refusal;
import io.maru.platform.error.Violations;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import io.maru.tokenization.v1.Tokenizer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What the services have, asked one by one. */
public final class Catalog implements Resources {
    private final Neighbour<IngestionServiceBlockingStub> ingestion;
    private final Neighbour<TokenizationServiceBlockingStub> tokenization;
    private final Neighbour<CheckpointServiceBlockingStub> checkpoints;

    /** @param deadline of each call */
    public Catalog(
            IngestionServiceBlockingStub ingestion,
            TokenizationServiceBlockingStub tokenization,
            CheckpointServiceBlockingStub checkpoints,
            Duration deadline) {
        this.ingestion = new Neighbour<>("maru.ingestion", ingestion, deadline);
        this.tokenization = new Neighbour<>("maru.tokenization", tokenization, deadline);
        this.checkpoints = new Neighbour<>("maru.checkpoint", checkpoints, deadline);
    }

    @Override
    public Optional<Resource> find(String name, List<String> roles, String path, Violations violations) {
        String role = Role.of(name).orElseThrow();
        return ask(name, path, violations, () -> switch (role) {
            case Role.CORPUS -> corpus(name);
            case Role.TOKENIZER -> tokenizer(name);
            case Role.DATASET -> dataset(name);
            case Role.CHECKPOINT -> checkpoint(name);
            case Role.MODEL -> roles.contains(Role.MODEL) ? model(name) : tokenizer(version(name));
            default -> throw new IllegalArgumentException(name + ": a " + role + ", which nobody keeps");
        });
    }

    /**
     * What was found.
     *
     * @param state as the service says it
     * @param ready the state in which it can be used
     */
    private record Found(Resource resource, String state, String ready) {
        Found(String name, Map<String, Double> numbers, Enum<?> state, Enum<?> ready) {
            this(new Resource(name, numbers), state.name(), ready.name());
        }
    }

    private Optional<Resource> ask(String name, String path, Violations violations, Supplier<Found> call) {
        try {
            Found found = call.get();
            if (found.state().equals(found.ready())) {
                return Optional.of(found.resource());
            }
            violations.add(path, name + " is " + found.state(), found.ready());
            return Optional.empty();
        } catch (StatusRuntimeException e) {
            Status.Code code = e.getStatus().getCode();
            if (code == Status.Code.NOT_FOUND) {
                violations.add(path, name, "one that exists");
                return Optional.empty();
            }
            if (code == Status.Code.PERMISSION_DENIED || code == Status.Code.INVALID_ARGUMENT) {
                violations.add(path, name, "a name of your own workspace");
                return Optional.empty();
            }
            List.of(ingestion, tokenization, checkpoints).forEach(Neighbour::connectSoon);
            throw new Refusal(
                    NEIGHBOUR_UNAVAILABLE, "%s: nobody said whether there is %s; try again".formatted(path, name), e);
        }
    }

    private Found corpus(String name) {
        Corpus corpus = ingestion
                .service()
                .getCorpus(GetCorpusRequest.newBuilder().setName(name).build());
        return new Found(
                corpus.getName(),
                Map.of(
                        "train_bytes", (double) corpus.getTrainBytes(),
                        "validation_bytes", (double) corpus.getValidationBytes()),
                corpus.getState(),
                Corpus.State.SEALED);
    }

    private Found tokenizer(String name) {
        Tokenizer tokenizer = tokenization
                .service()
                .getTokenizer(GetTokenizerRequest.newBuilder().setName(name).build());
        return new Found(
                tokenizer.getName(),
                Map.of("vocabulary_size", (double) tokenizer.getTokens()),
                tokenizer.getState(),
                Tokenizer.State.READY);
    }

    /** The tokenizer of a model, which its training has told if whoever asked for it knew. */
    private Found tokenizer(ModelVersion version) {
        return version.getTokenizer().isEmpty()
                ? new Found(
                        new Resource(version.getName(), Map.of()),
                        "without the name of a tokenizer",
                        "one that tells it")
                : tokenizer(version.getTokenizer());
    }

    private Found dataset(String name) {
        Dataset dataset = tokenization
                .service()
                .getDataset(GetDatasetRequest.newBuilder().setName(name).build());
        Map<String, Double> numbers =
                new HashMap<>(tokenizer(dataset.getTokenizer()).resource().numbers());
        numbers.put("train_bytes", (double) dataset.getTrainBytes());
        numbers.put("validation_bytes", (double) dataset.getValidationBytes());
        return new Found(dataset.getName(), numbers, dataset.getState(), Dataset.State.SEALED);
    }

    private Found checkpoint(String name) {
        Checkpoint checkpoint = checkpoints
                .service()
                .getCheckpoint(GetCheckpointRequest.newBuilder().setName(name).build());
        return new Found(checkpoint.getName(), Map.of(), checkpoint.getState(), Checkpoint.State.ACTIVE);
    }

    /** A version is sealed from its first moment on, and may have rotted since. */
    private Found model(String name) {
        ModelVersion version = version(name);
        ModelVersion.State state =
                version.getState() == ModelVersion.State.CORRUPT ? version.getState() : ModelVersion.State.ACTIVE;
        return new Found(version.getName(), Map.of(), state, ModelVersion.State.ACTIVE);
    }

    private ModelVersion version(String name) {
        return checkpoints
                .service()
                .getModelVersion(
                        GetModelVersionRequest.newBuilder().setName(name).build());
    }
}
