package io.maru.control;

import io.grpc.Channel;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.control.app.Pauses;
import io.maru.control.app.RegisteredTokenizers;
import io.maru.control.app.RunConductor;
import io.maru.control.app.RunObserver;
import io.maru.control.app.Runs;
import io.maru.control.app.StageWork;
import io.maru.control.app.TrainingCheck;
import io.maru.control.app.Wake;
import io.maru.control.domain.Stage;
import io.maru.control.neighbour.EncodeStage;
import io.maru.control.neighbour.EvaluateStage;
import io.maru.control.neighbour.IngestStage;
import io.maru.control.neighbour.PublishStage;
import io.maru.control.neighbour.ServeStage;
import io.maru.control.neighbour.TokenizerCatalog;
import io.maru.control.neighbour.TokenizerStage;
import io.maru.control.neighbour.TrainStage;
import io.maru.control.neighbour.TrainingDoor;
import io.maru.control.neighbour.TrainingPauses;
import io.maru.control.store.PostgresRuns;
import io.maru.control.store.RunWork;
import io.maru.evaluation.v1.EvaluationServiceGrpc;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.training.v1.TrainingServiceGrpc;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GrpcClient;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The object graph. */
@ApplicationScoped
class Wiring {
    /** Several threads that claim runs. */
    record Conductors(List<Worker> workers) {
        void wake() {
            workers.forEach(Worker::wake);
        }
    }

    @Produces
    @Singleton
    PostgresRuns runStore(Database database, WorkQueue work, Outbox outbox) {
        return new PostgresRuns(database, work, outbox);
    }

    @Produces
    @Singleton
    RunObserver observer(MeterRegistry registry, PostgresRuns runs) {
        return new RunTelemetry(registry, runs);
    }

    /** Stubs are made here rather than injected, since those hide the channel, which must be told to connect again. */
    @Produces
    @Singleton
    Map<Stage, StageWork> works(
            ControlConfig config,
            @GrpcClient("ingestion") Channel ingestion,
            @GrpcClient("tokenization") Channel tokenization,
            @GrpcClient("training") Channel training,
            @GrpcClient("checkpoint") Channel checkpoint,
            @GrpcClient("evaluation") Channel evaluation,
            @GrpcClient("inference") Channel inference) {
        Duration call = Duration.ofMillis(config.callMillis());
        Duration longCall = Duration.ofMillis(config.longCallMillis());
        var tokenizationService = TokenizationServiceGrpc.newBlockingStub(tokenization);
        return Map.of(
                Stage.INGEST, new IngestStage(IngestionServiceGrpc.newBlockingStub(ingestion), call),
                Stage.TRAIN_TOKENIZER, new TokenizerStage(tokenizationService, call),
                Stage.ENCODE, new EncodeStage(tokenizationService, call),
                Stage.TRAIN, new TrainStage(TrainingServiceGrpc.newBlockingStub(training), call),
                Stage.PUBLISH, new PublishStage(CheckpointServiceGrpc.newBlockingStub(checkpoint), longCall),
                Stage.EVALUATE, new EvaluateStage(EvaluationServiceGrpc.newBlockingStub(evaluation), call),
                Stage.SERVE, new ServeStage(InferenceServiceGrpc.newBlockingStub(inference), longCall));
    }

    @Produces
    @Singleton
    RunConductor conductor(PostgresRuns runs, Map<Stage, StageWork> works, RunObserver observer, ControlConfig config) {
        return new RunConductor(runs, works, observer, Duration.ofMillis(config.pollMillis()), InstantSource.system());
    }

    @Produces
    @Singleton
    Conductors conductors(
            Database database, WorkQueue queue, RunConductor conductor, ControlConfig config, PlatformConfig platform) {
        RunWork work = new RunWork(database, queue, conductor);
        return new Conductors(Stream.generate(
                        () -> new Worker(queue, RunWork.KIND, platform.work().pollMillis(), work))
                .limit(config.conductors())
                .toList());
    }

    @Produces
    @Singleton
    Wake wake(Database database, Conductors conductors) {
        return run -> {
            RunWork.hasten(database, run);
            conductors.wake();
        };
    }

    @Produces
    @Singleton
    RegisteredTokenizers tokenizers(ControlConfig config, @GrpcClient("tokenization") Channel tokenization) {
        return new TokenizerCatalog(
                TokenizationServiceGrpc.newBlockingStub(tokenization), Duration.ofMillis(config.callMillis()));
    }

    @Produces
    @Singleton
    TrainingCheck trainingCheck(ControlConfig config, @GrpcClient("training") Channel training) {
        return new TrainingDoor(TrainingServiceGrpc.newBlockingStub(training), Duration.ofMillis(config.callMillis()));
    }

    @Produces
    @Singleton
    Runs runs(
            PostgresRuns runs,
            ObjectStore store,
            RegisteredTokenizers tokenizers,
            TrainingCheck training,
            RunObserver observer,
            Wake wake,
            ControlConfig config) {
        return new Runs(
                runs, store::size, tokenizers, training, observer, wake, config.mostOpenRuns(), InstantSource.system());
    }

    @Produces
    @Singleton
    Pauses pauses(Runs runs, Wake wake, ControlConfig config, @GrpcClient("training") Channel training) {
        return new Pauses(
                runs,
                new TrainingPauses(
                        TrainingServiceGrpc.newBlockingStub(training), Duration.ofMillis(config.callMillis())),
                wake);
    }

    void start(@Observes StartupEvent event, Conductors conductors) {
        conductors.workers().forEach(Worker::start);
    }

    void stop(@Observes ShutdownEvent event, Conductors conductors) {
        conductors.workers().forEach(Worker::close);
    }
}
