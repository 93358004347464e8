package io.maru.ingestion;

import io.maru.ingestion.app.IngestionCounts;
import io.maru.ingestion.domain.Tally;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/** The meters of ingestion. */
@Singleton
class IngestionMeters implements IngestionCounts {
    private final MeterRegistry meters;

    IngestionMeters(MeterRegistry meters) {
        this.meters = meters;
    }

    @Override
    public void uploaded(long bytes) {
        meters.counter("maru_ingestion_uploaded_bytes").increment((double) bytes);
    }

    @Override
    public void uploadRefused() {
        meters.counter("maru_ingestion_uploads_refused").increment();
    }

    @Override
    public void corpusSealed(Tally tally) {
        meters.counter("maru_ingestion_documents").increment((double) tally.documents());
        meters.counter("maru_ingestion_duplicates").increment((double) tally.duplicates());
        meters.counter("maru_ingestion_text_bytes")
                .increment((double) tally.trainBytes() + (double) tally.validationBytes());
    }
}
