package io.maru.tokenization;

import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.file.WorkFolder;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.maru.tokenization.app.CallTimes;
import io.maru.tokenization.app.Corpora;
import io.maru.tokenization.app.DatasetSealing;
import io.maru.tokenization.app.Datasets;
import io.maru.tokenization.app.EncodingCounts;
import io.maru.tokenization.app.LoadedTokenizers;
import io.maru.tokenization.app.SealedFiles;
import io.maru.tokenization.app.ShardEncoder;
import io.maru.tokenization.app.TextCoding;
import io.maru.tokenization.app.TokenizerImports;
import io.maru.tokenization.app.TokenizerTraining;
import io.maru.tokenization.app.Tokenizers;
import io.maru.tokenization.store.ObjectFiles;
import io.maru.tokenization.store.PostgresDatasets;
import io.maru.tokenization.store.PostgresTokenizers;
import io.maru.tokenization.work.ShardWork;
import io.maru.tokenization.work.ShardWorkers;
import io.maru.tokenization.work.TokenizerWork;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** The object graph of tokenization. */
@ApplicationScoped
class Wiring {
    private final TokenizationConfig config;
    private final Path workDirectory;

    Wiring(TokenizationConfig config) throws IOException {
        this.config = config;
        this.workDirectory = WorkFolder.tidied(config.workDirectory());
    }

    @Produces
    @Singleton
    CallTimes callTimes() {
        return new CallTimes(Duration.ofMillis(config.watchMillis()), Duration.ofMillis(config.importIdleMillis()));
    }

    @Produces
    @Singleton
    SealedFiles files(ObjectStore objects) {
        return new ObjectFiles(objects);
    }

    @Produces
    @Singleton
    Corpora corpora(SealedFiles files) {
        return new Corpora(files);
    }

    @Produces
    @Singleton
    LoadedTokenizers loadedTokenizers(SealedFiles files) {
        return new LoadedTokenizers(files, config.cachedTokenizers());
    }

    @Produces
    @Singleton
    PostgresTokenizers tokenizerStore(Database database, WorkQueue queue, Outbox outbox) {
        return new PostgresTokenizers(database, queue, outbox);
    }

    @Produces
    @Singleton
    PostgresDatasets datasetStore(Database database, WorkQueue queue, Outbox outbox) {
        return new PostgresDatasets(database, queue, outbox);
    }

    @Produces
    @Singleton
    Tokenizers tokenizers(PostgresTokenizers tokenizers, Corpora corpora, SealedFiles files) {
        return new Tokenizers(tokenizers, corpora, files);
    }

    @Produces
    @Singleton
    TokenizerImports imports(Tokenizers tokenizers, SealedFiles files) {
        return new TokenizerImports(tokenizers, files);
    }

    @Produces
    @Singleton
    Datasets datasets(PostgresDatasets datasets, Tokenizers tokenizers, Corpora corpora) {
        return new Datasets(datasets, tokenizers, corpora);
    }

    @Produces
    @Singleton
    TextCoding coding(Tokenizers tokenizers, LoadedTokenizers loaded) {
        return new TextCoding(tokenizers, loaded);
    }

    @Produces
    @Singleton
    ShardWorkers shardWorkers(
            WorkQueue queue,
            PostgresDatasets datasets,
            SealedFiles files,
            LoadedTokenizers loaded,
            EncodingCounts counts,
            PlatformConfig platform) {
        ShardWork work = new ShardWork(
                datasets::held,
                new ShardEncoder(files, loaded, workDirectory),
                new DatasetSealing(files, loaded),
                counts);
        return new ShardWorkers(
                queue, PostgresDatasets.KIND, platform.work().pollMillis(), work, config.shardWorkers());
    }

    @Produces
    @Singleton
    Worker worker(
            WorkQueue queue,
            PostgresTokenizers tokenizers,
            SealedFiles files,
            Corpora corpora,
            PlatformConfig platform) {
        TokenizerTraining training =
                new TokenizerTraining(files, corpora, config.countingBytes(), config.learningBytes(), workDirectory);
        TokenizerWork work = new TokenizerWork(tokenizers::held, training, Duration.ofMillis(config.checkMillis()));
        return new Worker(queue, PostgresTokenizers.KIND, platform.work().pollMillis(), work);
    }

    void start(@Observes StartupEvent event, Worker worker, ShardWorkers shardWorkers) {
        worker.start();
        shardWorkers.start();
    }

    void stopWorker(@Disposes Worker worker) {
        worker.close();
    }

    void stopShardWorkers(@Disposes ShardWorkers workers) {
        workers.close();
    }
}
