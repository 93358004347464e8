package io.maru.ingestion.app;

import io.maru.formats.Document;
import io.maru.ingestion.domain.CorpusFormat;
import io.maru.ingestion.domain.CorpusSpec;
import io.maru.ingestion.domain.CutRule;
import io.maru.ingestion.domain.DigestSet;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.Split;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.platform.file.WorkFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Tells beforehand what the splits of a corpus will be, by reading its sources as a build reads them. Where they are large
 * that takes a while and is of no use: of many documents some go to either split.
 */
public final class SplitPreview {
    /** Even of documents of the greatest length there are then some dozens. */
    private static final long MAX_BYTES = 8L << 20;

    private final TextStore texts;
    private final CutRule rule;
    private final long maxFileBytes;
    private final Path workDirectory;
    private final int maxDocuments;

    /** @param maxDocuments as of a {@link CorpusBuilder} */
    public SplitPreview(TextStore texts, CutRule rule, long maxFileBytes, Path workDirectory, int maxDocuments) {
        this.texts = texts;
        this.rule = rule;
        this.maxFileBytes = maxFileBytes;
        this.workDirectory = workDirectory;
        this.maxDocuments = maxDocuments;
    }

    /** Bytes of text in UTF-8 of each split. */
    public record Sizes(long trainBytes, long validationBytes) {}

    /**
     * The splits of a corpus of these sources; nothing where they are too large to be read for that.
     *
     * @param sources full names
     * @throws io.maru.platform.error.Refusal SOURCE_MISSING, what a build would refuse of a source, or INVALID_SPEC where a
     *     split would have no document that needs one
     */
    public Optional<Sizes> sizes(CorpusSpec spec, List<String> sources) {
        long bytes = 0;
        for (String source : sources) {
            bytes += texts.size(source)
                    .orElseThrow(() -> IngestionReason.SOURCE_MISSING.because(
                            "sources: there is no %s (expected: a file that was uploaded, or an object of the store)",
                            source));
        }
        if (sources.isEmpty() || bytes > MAX_BYTES) {
            return Optional.empty();
        }
        Reading reading = new Reading(spec);
        try (WorkFolder folder = WorkFolder.create(workDirectory)) {
            SourceReader reader = new SourceReader(texts, maxFileBytes, folder.path());
            for (String source : sources) {
                reader.read(source, "", spec, rule, reading::document, ignored -> {});
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while sources were read", e);
        }
        reading.requireBoth();
        return Optional.of(new Sizes(reading.trainBytes, reading.validationBytes));
    }

    private final class Reading {
        private final CorpusSpec spec;
        private final DigestSet seen = new DigestSet(maxDocuments);
        private long trainBytes;
        private long validationBytes;

        Reading(CorpusSpec spec) {
            this.spec = spec;
        }

        void document(Document document) {
            if (seen.add(document.id())) {
                switch (Split.of(document, spec.validationFraction())) {
                    case TRAIN -> trainBytes += document.textBytes();
                    case VALIDATION -> validationBytes += document.textBytes();
                }
            }
        }

        void requireBoth() {
            Violations violations = new Violations();
            if (seen.size() == 0) {
                throw IngestionReason.FILE_EMPTY.because("sources: no document (expected: text)");
            }
            if (trainBytes == 0) {
                violations.add("validationFraction", found("train on"), "less, or " + moreDocuments());
            } else if (validationBytes == 0 && spec.validationFraction() > 0) {
                violations.add("validationFraction", found("validate with"), "more, or " + moreDocuments());
            }
            violations.throwIfAny(CommonReason.INVALID_SPEC);
        }

        private String found(String purpose) {
            return spec.validationFraction() + ", which leaves nothing to " + purpose + " of " + seen.size()
                    + (seen.size() == 1 ? " different document" : " different documents");
        }

        private String moreDocuments() {
            return spec.format() == CorpusFormat.JSONL
                    ? "more rows"
                    : "more documents: one ends at a line <|endoftext|>, in a text without such lines at the first blank"
                            + " line after " + rule.documentBytes() + " bytes";
        }
    }
}
