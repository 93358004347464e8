package io.maru.control;

import io.grpc.Channel;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.control.app.Lineages;
import io.maru.control.app.Planner;
import io.maru.control.app.Rejections;
import io.maru.control.app.Resources;
import io.maru.control.app.RunConductor;
import io.maru.control.app.RunObserver;
import io.maru.control.app.Runs;
import io.maru.control.app.StepWorks;
import io.maru.control.app.Wake;
import io.maru.control.client.Catalog;
import io.maru.control.client.EncodeStep;
import io.maru.control.client.EvaluateStep;
import io.maru.control.client.ImportStep;
import io.maru.control.client.IngestStep;
import io.maru.control.client.LineageWalk;
import io.maru.control.client.PublishStep;
import io.maru.control.client.ServeStep;
import io.maru.control.client.TokenizerStep;
import io.maru.control.client.TrainStep;
import io.maru.control.store.PostgresRejections;
import io.maru.control.store.PostgresRuns;
import io.maru.control.work.RunWork;
import io.maru.evaluation.v1.EvaluationServiceGrpc;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.platform.database.Database;
import io.maru.platform.event.Inbox;
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
    Rejections rejections(Database database, Inbox inbox, Outbox outbox) {
        return new PostgresRejections(database, inbox, outbox);
    }

    @Produces
    @Singleton
    RunObserver observer(MeterRegistry registry, PostgresRuns runs) {
        return new ControlMeters(registry, runs);
    }

    /**
     * The kinds of steps, in the order in which messages name them. Stubs are made here rather than injected, since those
     * hide the channel, which must be told to connect again.
     */
    @Produces
    @Singleton
    StepWorks works(
            ControlConfig config,
            @GrpcClient("ingestion") Channel ingestion,
            @GrpcClient("tokenization") Channel tokenization,
            @GrpcClient("training") Channel training,
            @GrpcClient("checkpoint") Channel checkpoint,
            @GrpcClient("evaluation") Channel evaluation,
            @GrpcClient("inference") Channel inference) {
        Duration call = Duration.ofMillis(config.callMillis());
        Duration longCall = Duration.ofMillis(config.longCallMillis());
        return new StepWorks(List.of(
                new ImportStep(CheckpointServiceGrpc.newBlockingStub(checkpoint), call),
                new IngestStep(IngestionServiceGrpc.newBlockingStub(ingestion), call),
                new TokenizerStep(TokenizationServiceGrpc.newBlockingStub(tokenization), call),
                new EncodeStep(TokenizationServiceGrpc.newBlockingStub(tokenization), call),
                new TrainStep(
                        TrainingServiceGrpc.newBlockingStub(training),
                        TokenizationServiceGrpc.newBlockingStub(tokenization),
                        call),
                new PublishStep(CheckpointServiceGrpc.newBlockingStub(checkpoint), longCall),
                new EvaluateStep(EvaluationServiceGrpc.newBlockingStub(evaluation), call),
                new ServeStep(InferenceServiceGrpc.newBlockingStub(inference), longCall)));
    }

    @Produces
    @Singleton
    Resources resources(
            ControlConfig config,
            @GrpcClient("ingestion") Channel ingestion,
            @GrpcClient("tokenization") Channel tokenization,
            @GrpcClient("checkpoint") Channel checkpoint) {
        return new Catalog(
                IngestionServiceGrpc.newBlockingStub(ingestion),
                TokenizationServiceGrpc.newBlockingStub(tokenization),
                CheckpointServiceGrpc.newBlockingStub(checkpoint),
                Duration.ofMillis(config.callMillis()));
    }

    @Produces
    @Singleton
    Lineages lineages(
            ControlConfig config,
            PostgresRuns runs,
            @GrpcClient("ingestion") Channel ingestion,
            @GrpcClient("tokenization") Channel tokenization,
            @GrpcClient("training") Channel training,
            @GrpcClient("checkpoint") Channel checkpoint) {
        return new LineageWalk(
                IngestionServiceGrpc.newBlockingStub(ingestion),
                TokenizationServiceGrpc.newBlockingStub(tokenization),
                TrainingServiceGrpc.newBlockingStub(training),
                CheckpointServiceGrpc.newBlockingStub(checkpoint),
                runs::find,
                Duration.ofMillis(config.longCallMillis()));
    }

    @Produces
    @Singleton
    RunConductor conductor(PostgresRuns runs, StepWorks works, RunObserver observer, ControlConfig config) {
        return new RunConductor(runs, works, observer, Duration.ofMillis(config.pollMillis()), InstantSource.system());
    }

    @Produces
    @Singleton
    Conductors conductors(
            PostgresRuns runs, WorkQueue queue, RunConductor conductor, ControlConfig config, PlatformConfig platform) {
        RunWork work = new RunWork(runs, queue, conductor);
        return new Conductors(Stream.generate(() ->
                        new Worker(queue, PostgresRuns.WORK, platform.work().pollMillis(), work))
                .limit(config.conductors())
                .toList());
    }

    @Produces
    @Singleton
    Wake wake(WorkQueue queue, Conductors conductors) {
        return run -> {
            queue.wakeNow(run);
            conductors.wake();
        };
    }

    @Produces
    @Singleton
    Runs runs(
            PostgresRuns runs,
            ObjectStore store,
            Resources resources,
            StepWorks works,
            RunObserver observer,
            Wake wake,
            ControlConfig config) {
        return new Runs(
                runs,
                store::size,
                new Planner(works, resources),
                works,
                observer,
                wake,
                config.maxOpenRuns(),
                InstantSource.system());
    }

    void start(@Observes StartupEvent event, Conductors conductors) {
        conductors.workers().forEach(Worker::start);
    }

    void stop(@Observes ShutdownEvent event, Conductors conductors) {
        conductors.workers().forEach(Worker::close);
    }
}
