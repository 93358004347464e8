package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.tokenizer.QualityReport.Measure;
import io.maru.tokenizer.QualityReport.Token;
import java.text.Normalizer;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QualityReportTest {
    private static final String SHA256 = "ab".repeat(32);

    /** Bytes alone: every byte is a token, so all can be counted by hand. */
    private static QualityReport.Tally bytes() {
        return new QualityReport.Tally(new BpeTrainer(257, TieRule.SMALLEST_IDS).train());
    }

    @Test
    void aTokenBelongsToTheScriptOfItsLetter() {
        QualityReport.Tally tally = bytes();
        tally.add("aé 바, 漢1😀");

        QualityReport report = tally.report(SHA256, "validation");

        assertThat(report.overall()).isEqualTo(new Measure(1, 17, 17));
        assertThat(report.scripts())
                .isEqualTo(Map.of(
                        "Latin", new Measure(1, 3, 3),
                        "Hangul", new Measure(1, 3, 3),
                        "Han", new Measure(1, 3, 3),
                        "Common", new Measure(1, 8, 8)));
    }

    @Test
    void aSpaceGoesWithItsWord() {
        // These are all the pairs that there are, so " the" and " 바다" become tokens.
        BpeTrainer trainer = new BpeTrainer(400, TieRule.SMALLEST_IDS);
        trainer.add(" the the the 바다 바다");
        QualityReport.Tally tally = new QualityReport.Tally(trainer.train());
        tally.add(" the 바다 바다");
        tally.add(" the");

        QualityReport report = tally.report(SHA256, "train");

        assertThat(report.overall()).isEqualTo(new Measure(2, 22, 4));
        assertThat(report.overall().bytesPerToken()).isEqualTo(5.5);
        assertThat(report.scripts()).isEqualTo(Map.of("Latin", new Measure(2, 8, 2), "Hangul", new Measure(1, 14, 2)));
        assertThat(report.used()).isEqualTo(2);
        assertThat(report.longest().get(0).text()).isEqualTo(" 바다");
        assertThat(report.longest().get(0).bytes()).isEqualTo(7);
        assertThat(report.unused()).hasSize(100).noneMatch(token -> token.id() == 0);
        assertThat(report.unused().get(0)).isEqualTo(new Token(1, "!", 1));
    }

    @Test
    void everyTokenCountsForOneScript() {
        BpeTokenizer tokenizer = Expected.trainer(TieRule.SMALLEST_IDS).train();
        QualityReport.Tally tally = new QualityReport.Tally(tokenizer);
        Random random = new Random(3);
        String letters = "ab 19,가나漢字éßжщ😀‍́\n";
        long bytes = 0;
        long tokens = 0;
        for (int document = 0; document < 200; document++) {
            StringBuilder text = new StringBuilder();
            random.ints(random.nextInt(80), 0, letters.codePointCount(0, letters.length()))
                    .map(i -> letters.codePointAt(letters.offsetByCodePoints(0, i)))
                    .forEach(text::appendCodePoint);
            // As ingestion gives them.
            String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
            tally.add(composed);
            bytes += composed.getBytes(UTF_8).length;
            tokens += tokenizer.encode(composed).length;
        }

        QualityReport report = tally.report(SHA256, "validation");

        assertThat(report.overall()).isEqualTo(new Measure(200, bytes, tokens));
        assertThat(report.scripts().values().stream().mapToLong(Measure::bytes).sum())
                .isEqualTo(bytes);
        assertThat(report.scripts().values().stream().mapToLong(Measure::tokens).sum())
                .isEqualTo(tokens);
    }

    @Test
    void kindsOfDocumentsAreMeasuredApart() {
        QualityReport.Tally tally = bytes();
        tally.add("abc", "news");
        tally.add("de", "code");
        tally.add("f", "news");
        tally.add("of no kind");

        QualityReport report = tally.report(SHA256, "validation");

        assertThat(report.kinds()).isEqualTo(Map.of("news", new Measure(2, 4, 4), "code", new Measure(1, 2, 2)));
        assertThat(report.overall().documents()).isEqualTo(4);
    }

    @Test
    void nothingMeasuredIsNothing() {
        QualityReport report = bytes().report(SHA256, "validation");
        assertThat(report.overall().bytesPerToken()).isZero();
        assertThat(report.used()).isZero();
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        QualityReport.Tally tally =
                new QualityReport.Tally(Expected.trainer(TieRule.SMALLEST_IDS).train());
        tally.add("the sea 바다 \u0000 \"quoted\"", "story");
        QualityReport report = tally.report(SHA256, "validation");

        QualityReport again = QualityReport.fromJson(report.toJson());

        assertThat(again).isEqualTo(report);
        assertThat(again.toJson()).isEqualTo(report.toJson());
        assertThat(new String(report.toJson(), UTF_8))
                .startsWith("{\n  \"format\" : 1,\n  \"tokenizerSha256\" : \"abab")
                .contains("\"Hangul\" : {\n      \"documents\" : 1,\n      \"bytes\" : ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{                | x            | report.json: JSON: ",
                "\"vocabulary\"   | \"v\"        | report.json: vocabulary: MISSING (expected: a whole number",
                "\"format\" : 1   | \"format\" : 2 | report.json: format: 2 (expected: 1)",
                "\"used\" : 2     | \"used\" : 258 | report.json: used: 258 (expected: a whole number from 0 to 257)",
                "\"used\" : 2     | \"used\" : -1 | report.json: used: -1 (expected: a whole number from 0 to 257)",
                "\"bytes\" : 2    | \"bytes\" : 2.5 | report.json: overall.bytes: 2.5 (expected: a whole number from 0",
                "\"split\" : \"train\" | \"split\" : 1 | report.json: split: NUMBER (expected: text)",
                "\"kinds\" : { }  | \"kinds\" : [] | report.json: kinds: ARRAY (expected: an object)",
                "\"text\" : \"!\" | \"text\" : null | report.json: longest[0].text: NULL (expected: text)"
            })
    void refusesAFileThatIsNoReport(String part, String replacement, String message) {
        QualityReport.Tally tally = bytes();
        tally.add("ab");
        String json = new String(tally.report(SHA256, "train").toJson(), UTF_8);
        assertThat(json).contains(part);

        String broken = json.replaceFirst(java.util.regex.Pattern.quote(part), replacement);

        assertThatThrownBy(() -> QualityReport.fromJson(broken.getBytes(UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void aFileFromOutsideTakesBoundedMemory() {
        assertThatThrownBy(() -> QualityReport.fromJson("[".repeat(1_000_000).getBytes(UTF_8)))
                .hasMessageContaining("report.json: JSON: ");
        assertThatThrownBy(() -> QualityReport.fromJson(new byte[QualityReport.MAX_BYTES + 1]))
                .hasMessageContaining("report.json: size: ");
    }
}
