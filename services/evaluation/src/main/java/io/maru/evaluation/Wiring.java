package io.maru.evaluation;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.maru.evaluation.app.EvaluationMeter;
import io.maru.evaluation.app.EvaluationStore;
import io.maru.evaluation.app.Evaluations;
import io.maru.evaluation.app.Evaluator;
import io.maru.evaluation.app.LanguageModels;
import io.maru.evaluation.app.SealedFolders;
import io.maru.evaluation.client.InferenceClient;
import io.maru.evaluation.grpc.WatchSettings;
import io.maru.evaluation.store.ObjectStoreFolders;
import io.maru.evaluation.store.PostgresEvaluations;
import io.maru.evaluation.store.PostgresJournal;
import io.maru.evaluation.work.EvaluationWork;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.file.Folders;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GrpcClient;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Makes the objects of evaluation, each once. */
@ApplicationScoped
class Wiring {

    @Produces
    @Singleton
    EvaluationStore evaluationStore(Database database, WorkQueue queue) {
        return new PostgresEvaluations(database, queue);
    }

    @Produces
    @Singleton
    SealedFolders sealedFolders(ObjectStore store) {
        return new ObjectStoreFolders(store);
    }

    @Produces
    @Singleton
    LanguageModels languageModels(
            @GrpcClient("inference") Channel inference, EvaluationConfig config, EvaluationMeter meter) {
        return new InferenceClient(
                (ManagedChannel) inference,
                Duration.ofMillis(config.loadTimeoutMillis()),
                Duration.ofMillis(config.scoreTimeoutMillis()),
                meter);
    }

    @Produces
    @Singleton
    Evaluator evaluator(SealedFolders folders, LanguageModels models, EvaluationConfig config) {
        return new Evaluator(folders, models, config.workDirectory(), config.batchTokens());
    }

    @Produces
    @Singleton
    WatchSettings watchSettings(EvaluationConfig config) {
        return new WatchSettings(Duration.ofMillis(config.watchMillis()));
    }

    @Produces
    @Singleton
    EvaluationMeter meter(MeterRegistry registry) {
        return new EvaluationMeters(registry);
    }

    @Produces
    @Singleton
    Workers workers(
            Evaluator evaluator,
            Database database,
            WorkQueue queue,
            Outbox outbox,
            PlatformConfig platform,
            EvaluationConfig config) {
        EvaluationWork work =
                new EvaluationWork(evaluator, claim -> new PostgresJournal(database, queue, outbox, claim));
        return new Workers(Stream.generate(() -> new Worker(
                        queue, PostgresEvaluations.KIND, platform.work().pollMillis(), work))
                .limit(config.workers())
                .toList());
    }

    @Produces
    @Singleton
    Evaluations evaluations(EvaluationStore store, SealedFolders folders, Workers workers) {
        return new Evaluations(store, folders, () -> workers.all().forEach(Worker::wake));
    }

    void start(@Observes StartupEvent event, Workers workers, EvaluationConfig config) throws IOException {
        // What an earlier process has left behind.
        Folders.delete(config.workDirectory());
        workers.all().forEach(Worker::start);
    }

    void stop(@Disposes Workers workers) {
        workers.all().forEach(Worker::close);
    }

    /** Evaluations that run side by side. */
    record Workers(List<Worker> all) {}
}
