package io.maru.training.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.DeleteCheckpointRequest;
import io.maru.checkpoint.v1.GetCheckpointRequest;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.ListCheckpointsRequest;
import io.maru.checkpoint.v1.ListCheckpointsResponse;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.RegisterCheckpointRequest;
import io.maru.checkpoint.v1.StoredFile;
import io.maru.checkpoint.v1.VerifyCheckpointRequest;
import io.maru.formats.SealedFile;
import io.maru.formats.Sha256;
import io.maru.model.training.Learner;
import io.maru.platform.error.Faults;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Refusal;
import io.maru.training.app.CheckpointRegistry;
import io.maru.training.domain.TrainingReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Asks the checkpoint service. What it refuses for good is CHECKPOINT_REFUSED; that it is down may pass. */
public final class CheckpointClient implements CheckpointRegistry {
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final CheckpointServiceBlockingStub checkpoints;
    private final Duration readDeadline;

    /** @param readDeadline for calls in which the service reads every byte of a checkpoint */
    public CheckpointClient(CheckpointServiceBlockingStub checkpoints, Duration readDeadline) {
        this.checkpoints = checkpoints;
        this.readDeadline = readDeadline;
    }

    @Override
    public Optional<Kept> newest(String run, String training) {
        String token = "";
        do {
            ListCheckpointsResponse page = page(run, training, token);
            Optional<Kept> active = active(page).findFirst();
            if (active.isPresent()) {
                return active;
            }
            token = page.getNextPageToken();
        } while (!token.isEmpty());
        return Optional.empty();
    }

    @Override
    public List<Kept> all(String run, String training) {
        List<Kept> all = new ArrayList<>();
        String token = "";
        do {
            ListCheckpointsResponse page = page(run, training, token);
            active(page).forEach(all::add);
            token = page.getNextPageToken();
        } while (!token.isEmpty());
        return all;
    }

    private ListCheckpointsResponse page(String run, String training, String token) {
        ListCheckpointsRequest request = ListCheckpointsRequest.newBuilder()
                .setRun(run)
                .setTraining(training)
                .setPageToken(token)
                .build();
        return call(() -> within(LOOK).listCheckpoints(request));
    }

    private static Stream<Kept> active(ListCheckpointsResponse page) {
        return page.getCheckpointsList().stream()
                .filter(checkpoint -> checkpoint.getState() == Checkpoint.State.ACTIVE)
                .map(CheckpointClient::kept);
    }

    @Override
    public Optional<Found> find(String name) {
        try {
            if (name.contains("/checkpoints/")) {
                Checkpoint checkpoint = within(LOOK)
                        .getCheckpoint(
                                GetCheckpointRequest.newBuilder().setName(name).build());
                return checkpoint.getState() == Checkpoint.State.ACTIVE
                        ? Optional.of(new Found(checkpoint.getName(), files(checkpoint.getFilesList())))
                        : Optional.empty();
            }
            ModelVersion version = within(LOOK)
                    .getModelVersion(
                            GetModelVersionRequest.newBuilder().setName(name).build());
            return version.getState() == ModelVersion.State.CORRUPT
                    ? Optional.empty()
                    : Optional.of(new Found(version.getName(), files(version.getFilesList())));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw GrpcFaults.toRefusal(e);
        }
    }

    @Override
    public void delete(String name) {
        call(() -> within(readDeadline)
                .deleteCheckpoint(
                        DeleteCheckpointRequest.newBuilder().setName(name).build()));
    }

    @Override
    public boolean isIntact(String name) {
        VerifyCheckpointRequest request =
                VerifyCheckpointRequest.newBuilder().setName(name).build();
        return call(() -> within(readDeadline).verifyCheckpoint(request)).getState() == Checkpoint.State.ACTIVE;
    }

    @Override
    public void register(Candidate candidate) {
        RegisterCheckpointRequest.Builder request = RegisterCheckpointRequest.newBuilder()
                .setRequestId(requestId(candidate))
                .setRun(candidate.run())
                .setTraining(candidate.training())
                .setTokenizer(candidate.tokenizer())
                .setStep(candidate.step())
                .setDataset(candidate.dataset())
                .setValidationLoss(candidate.validationLoss());
        candidate
                .files()
                .forEach((name, file) -> request.addFiles(StoredFile.newBuilder()
                        .setFileName(name)
                        .setSize(file.size())
                        .setSha256(file.sha256())));
        call(() -> within(readDeadline).registerCheckpoint(request.build()));
    }

    /** Whether the service and what it needs answer: what readiness asks. */
    boolean isReachable() {
        try {
            within(Duration.ofSeconds(1))
                    .listCheckpoints(ListCheckpointsRequest.newBuilder()
                            .setRun("runs/readiness")
                            .setPageSize(1)
                            .build());
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    /** The same weights of the same step are the same request; the id stays within the platform's limit. */
    private static String requestId(Candidate candidate) {
        String weights = candidate.files().get(Learner.MODEL_FILE).sha256();
        String name = CheckpointRegistry.name(candidate.run(), candidate.training(), candidate.step());
        return Sha256.of(name.getBytes(UTF_8)).substring(0, 32) + "@" + weights.substring(0, 32);
    }

    private CheckpointServiceBlockingStub within(Duration deadline) {
        return checkpoints.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static <T> T call(Supplier<T> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            if (Faults.isTransient(e) || Thread.currentThread().isInterrupted()) {
                throw GrpcFaults.toRefusal(e);
            }
            throw new Refusal(
                    TrainingReason.CHECKPOINT_REFUSED,
                    "checkpoint: %s: %s"
                            .formatted(e.getStatus().getCode(), e.getStatus().getDescription()),
                    e);
        }
    }

    private static Kept kept(Checkpoint checkpoint) {
        return new Kept(
                checkpoint.getName(),
                checkpoint.getStep(),
                files(checkpoint.getFilesList()),
                checkpoint.getValidationLoss());
    }

    private static Map<String, SealedFile> files(List<StoredFile> stored) {
        Map<String, SealedFile> files = new LinkedHashMap<>();
        stored.forEach(file -> files.put(file.getFileName(), new SealedFile(file.getSize(), file.getSha256())));
        return files;
    }
}
