package io.maru.evaluation;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.maru.evaluation.app.EvaluationStore;
import io.maru.evaluation.app.Evaluations;
import io.maru.evaluation.app.Evaluator;
import io.maru.evaluation.app.LanguageModels;
import io.maru.evaluation.app.SealedFolders;
import io.maru.evaluation.grpc.InferenceClient;
import io.maru.evaluation.kafka.EvaluationFacts;
import io.maru.evaluation.store.EvaluationWork;
import io.maru.evaluation.store.ObjectStoreFolders;
import io.maru.evaluation.store.PostgresEvaluations;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;

/** The objects of evaluation, made once. */
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
            @GrpcClient("inference") Channel inference, EvaluationConfig config, MeterRegistry metrics) {
        return new InferenceClient(
                (ManagedChannel) inference,
                Duration.ofMillis(config.loadTimeoutMillis()),
                Duration.ofMillis(config.scoreTimeoutMillis()),
                metrics);
    }

    @Produces
    @Singleton
    Evaluator evaluator(SealedFolders folders, LanguageModels models, EvaluationConfig config) {
        return new Evaluator(folders, models, config.workDirectory(), config.batchTokens());
    }

    @Produces
    @Singleton
    Worker worker(Evaluator evaluator, Database database, WorkQueue queue, Outbox outbox, PlatformConfig platform) {
        EvaluationWork work = new EvaluationWork(
                evaluator, database, queue, outbox, EvaluationFacts::completed, EvaluationFacts::failed);
        return new Worker(queue, PostgresEvaluations.KIND, platform.work().pollMillis(), work);
    }

    @Produces
    @Singleton
    Evaluations evaluations(EvaluationStore store, SealedFolders folders, Worker worker) {
        return new Evaluations(store, folders, worker::wake);
    }

    void start(@Observes StartupEvent event, Worker worker, EvaluationConfig config) throws IOException {
        empty(config.workDirectory());
        worker.start();
    }

    void stop(@Disposes Worker worker) {
        worker.close();
    }

    /** What an earlier process has left behind. */
    private static void empty(Path directory) throws IOException {
        if (Files.notExists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
