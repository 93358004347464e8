package io.maru.ingestion;

import io.maru.ingestion.app.CallTimes;
import io.maru.ingestion.app.Corpora;
import io.maru.ingestion.app.CorpusBuilder;
import io.maru.ingestion.app.DocumentIntake;
import io.maru.ingestion.app.DocumentSearch;
import io.maru.ingestion.app.IngestionCounts;
import io.maru.ingestion.app.SplitPreview;
import io.maru.ingestion.app.TextStore;
import io.maru.ingestion.app.UploadKinds;
import io.maru.ingestion.domain.CutRule;
import io.maru.ingestion.store.ObjectTexts;
import io.maru.ingestion.store.PostgresCorpora;
import io.maru.ingestion.store.PostgresUploadKinds;
import io.maru.ingestion.work.CorpusWork;
import io.maru.platform.database.Database;
import io.maru.platform.event.Outbox;
import io.maru.platform.file.WorkFolder;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.wiring.PlatformConfig;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** The object graph of ingestion. */
@ApplicationScoped
class Wiring {
    private final IngestionConfig config;
    private final Path workDirectory;
    private final CutRule rule;

    Wiring(IngestionConfig config) throws IOException {
        this.config = config;
        this.workDirectory = WorkFolder.tidied(config.workDirectory());
        this.rule = new CutRule(
                config.documentBytes(), config.maxDocumentBytes(), config.shardBytes(), config.maxLineBytes());
    }

    @Produces
    @Singleton
    CallTimes callTimes() {
        return new CallTimes(Duration.ofMillis(config.watchMillis()), Duration.ofMillis(config.uploadIdleMillis()));
    }

    @Produces
    @Singleton
    TextStore texts(ObjectStore objects) {
        return new ObjectTexts(objects);
    }

    @Produces
    @Singleton
    PostgresCorpora corpusStore(Database database, WorkQueue queue, Outbox outbox) {
        return new PostgresCorpora(database, queue, outbox);
    }

    @Produces
    @Singleton
    UploadKinds uploadKinds(Database database) {
        return new PostgresUploadKinds(database);
    }

    @Produces
    @Singleton
    DocumentIntake intake(TextStore texts, UploadKinds kinds) {
        return new DocumentIntake(texts, kinds, config.maxFileBytes(), workDirectory, config.maxUploads());
    }

    @Produces
    @Singleton
    Corpora corpora(PostgresCorpora corpora, TextStore texts, UploadKinds kinds) {
        return new Corpora(corpora, texts, kinds, rule);
    }

    @Produces
    @Singleton
    SplitPreview splitPreview(TextStore texts) {
        return new SplitPreview(texts, rule, config.maxFileBytes(), workDirectory, config.maxDocuments());
    }

    @Produces
    @Singleton
    DocumentSearch documents(Corpora corpora, TextStore texts) {
        return new DocumentSearch(corpora, texts);
    }

    @Produces
    @Singleton
    Worker worker(
            WorkQueue queue,
            PostgresCorpora corpora,
            TextStore texts,
            PlatformConfig platform,
            IngestionCounts counts) {
        CorpusBuilder builder = new CorpusBuilder(texts, config.maxFileBytes(), workDirectory, config.maxDocuments());
        CorpusWork work = new CorpusWork(corpora::held, builder, Duration.ofMillis(config.progressMillis()), counts);
        return new Worker(queue, PostgresCorpora.KIND, platform.work().pollMillis(), work);
    }

    void start(@Observes StartupEvent event, Worker worker) {
        worker.start();
    }

    void stop(@Disposes Worker worker) {
        worker.close();
    }
}
