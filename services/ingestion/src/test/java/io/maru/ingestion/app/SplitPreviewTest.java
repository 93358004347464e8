package io.maru.ingestion.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.ingestion.domain.CorpusFormat;
import io.maru.ingestion.domain.CorpusSpec;
import io.maru.ingestion.domain.CutRule;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Reason;
import io.maru.platform.error.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitPreviewTest {
    private final InMemoryTexts texts = new InMemoryTexts();

    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeftInTheWorkDirectory() throws IOException {
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void tellsBytesOfBothSplitsWithoutWhatIsThereTwice() {
        put("inbox/a", documents(100));
        put("inbox/b", documents(100));

        SplitPreview.Sizes sizes = sizes(0.1, "inbox/a", "inbox/b");

        assertThat(sizes.trainBytes() + sizes.validationBytes()).isEqualTo(90 * 15 + 10 * 14);
        assertThat(sizes.validationBytes()).isBetween(30L, 300L);
        assertThat(sizes(0, "inbox/a").validationBytes()).isZero();
    }

    @Test
    void refusesOneDocumentOfWhichTwoPartsAreWanted() {
        put("inbox/a", "the only text\n".repeat(300));

        assertRefused(CommonReason.INVALID_SPEC, 0.1, "inbox/a")
                .hasMessage("validationFraction: 0.1, which leaves nothing to validate with of 1 different document"
                        + " (expected: more, or more documents: one ends at a line <|endoftext|>, in a text without such"
                        + " lines at the first blank line after 2048 bytes)");
        assertRefused(CommonReason.INVALID_SPEC, 0.99999, "inbox/a")
                .hasMessageContaining(
                        "0.99999, which leaves nothing to train on of 1 different document (expected: less");
        assertThat(sizes(0, "inbox/a").trainBytes()).isEqualTo(300 * 14 - 1);
    }

    @Test
    void refusesWhatABuildWouldRefuse() {
        put("inbox/rows", "{\"text\":\"a\"}\nno row\n");
        assertThatThrownBy(() -> preview().sizes(spec(0, CorpusFormat.JSONL), List.of("inbox/rows")))
                .hasMessageStartingWith("inbox/rows: line 2");
        put("inbox/none", "<|endoftext|>\n");
        assertRefused(IngestionReason.FILE_EMPTY, 0, "inbox/none");
        texts.objects.put("inbox/bad", new byte[] {'x', (byte) 0xFF});
        assertRefused(IngestionReason.NOT_UTF8, 0, "inbox/bad");
        assertRefused(IngestionReason.SOURCE_MISSING, 0, "inbox/nowhere");
    }

    @Test
    void doesNotReadWhatIsLarge() {
        put("inbox/a", "x\n".repeat(5 << 20));

        assertThat(preview().sizes(spec(0.1, CorpusFormat.TEXT), List.of("inbox/a")))
                .isEmpty();
    }

    @Test
    void knowsNothingWithoutSources() {
        assertThat(preview().sizes(spec(0.1, CorpusFormat.TEXT), List.of())).isEmpty();
    }

    /** The first ten have one byte less. */
    private static String documents(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "document no. " + i + "\n<|endoftext|>\n")
                .collect(Collectors.joining());
    }

    private void put(String key, String text) {
        texts.objects.put(key, text.getBytes(UTF_8));
    }

    private SplitPreview.Sizes sizes(double validationFraction, String... sources) {
        return preview()
                .sizes(spec(validationFraction, CorpusFormat.TEXT), List.of(sources))
                .orElseThrow();
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
            Reason reason, double validationFraction, String source) {
        return assertThatThrownBy(() -> sizes(validationFraction, source))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    private static CorpusSpec spec(double validationFraction, CorpusFormat format) {
        return new CorpusSpec(validationFraction, format, false);
    }

    private SplitPreview preview() {
        return new SplitPreview(texts, new CutRule(2048, 1 << 16, 1 << 20, 1 << 20), 1 << 24, folder, 1_000);
    }
}
