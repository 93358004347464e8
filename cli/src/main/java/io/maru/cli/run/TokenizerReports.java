package io.maru.cli.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.cli.CommandFailure;
import io.maru.cli.Output;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerReport;
import io.maru.tokenization.v1.TokenizerReport.Measure;
import io.maru.tokenization.v1.TokenizerReport.Token;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a tokenizer is, and how well it fits its text, for people and for programs. */
public final class TokenizerReports {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_SHOWN = 10;
    private static final String ROW = "  %-12s %10s %14s %7s %14s %12s";

    private TokenizerReports() {}

    public static Map<String, Object> of(Tokenizer tokenizer) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("tokenizer", tokenizer.getName());
        report.put("state", tokenizer.getState().name());
        report.put("corpus", tokenizer.getCorpus());
        report.put(
                "vocabulary_size",
                tokenizer.hasSpec() ? tokenizer.getSpec().getVocabularySize() : tokenizer.getTokens());
        report.put("tokens", tokenizer.getTokens());
        report.put("sha256", tokenizer.getSha256());
        report.put("read_bytes", tokenizer.getReadBytes());
        report.put("source_bytes", tokenizer.getSourceBytes());
        report.put("learned_tokens", tokenizer.getLearnedTokens());
        if (!tokenizer.getFailureReason().isEmpty()) {
            report.put("error", tokenizer.getFailureReason());
            report.put("message", tokenizer.getFailureMessage());
        }
        return report;
    }

    public static Map<String, Object> of(TokenizerReport report) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("split", report.getSplit());
        all.put("vocabulary", report.getVocabulary());
        all.put("used", report.getUsed());
        all.put("overall", of(report.getOverall()));
        all.put("scripts", of(report.getScriptsMap()));
        all.put("kinds", of(report.getKindsMap()));
        all.put("longest", of(report.getLongTokensList()));
        all.put("unused", of(report.getUnusedList()));
        return all;
    }

    private static Map<String, Object> of(Map<String, Measure> measures) {
        Map<String, Object> all = new TreeMap<>();
        measures.forEach((name, measure) -> all.put(name, of(measure)));
        return all;
    }

    private static Map<String, Object> of(Measure measure) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("documents", measure.getDocuments());
        all.put("bytes", measure.getBytes());
        all.put("tokens", measure.getTokens());
        all.put("bytes_per_token", bytesPerToken(measure));
        return all;
    }

    private static List<Map<String, Object>> of(List<Token> tokens) {
        return tokens.stream()
                .map(token -> {
                    Map<String, Object> all = new LinkedHashMap<>();
                    all.put("id", token.getId());
                    all.put("text", token.getText());
                    all.put("bytes", token.getBytes());
                    return all;
                })
                .toList();
    }

    private static double bytesPerToken(Measure measure) {
        return measure.getTokens() == 0 ? 0 : (double) measure.getBytes() / measure.getTokens();
    }

    /** The tokenizer for people. */
    public static void print(Tokenizer tokenizer, Output output) {
        output.say("tokenizer    %s", tokenizer.getName());
        output.say("state        %s", tokenizer.getState());
        output.say("made of      %s", tokenizer.getCorpus().isEmpty() ? "a file" : tokenizer.getCorpus());
        if (tokenizer.getState() == Tokenizer.State.TRAINING) {
            output.say(
                    "read         %,d of %,d bytes, learned %,d of %,d tokens",
                    tokenizer.getReadBytes(),
                    tokenizer.getSourceBytes(),
                    tokenizer.getLearnedTokens(),
                    tokenizer.getSpec().getVocabularySize());
        }
        if (tokenizer.getState() == Tokenizer.State.READY) {
            output.say(
                    tokenizer.hasSpec() ? "vocabulary   %,d tokens of the %,d asked for" : "vocabulary   %,d tokens",
                    tokenizer.getTokens(),
                    tokenizer.getSpec().getVocabularySize());
            output.say("sha256       %s", tokenizer.getSha256());
        }
    }

    /** The report for people. */
    public static void print(TokenizerReport report, Output output) {
        Measure overall = report.getOverall();
        output.say(
                "used         %,d of %,d tokens (%.1f%%)",
                report.getUsed(),
                report.getVocabulary(),
                report.getVocabulary() == 0 ? 0 : 100.0 * report.getUsed() / report.getVocabulary());
        output.say("");
        output.say("on the %s split:", report.getSplit());
        output.say(ROW, "script", "documents", "bytes", "share", "tokens", "bytes/token");
        rows(report.getScriptsMap(), overall, output);
        row("all", overall, overall, output);
        if (report.getKindsCount() > 0) {
            output.say(ROW, "kind", "documents", "bytes", "share", "tokens", "bytes/token");
            rows(report.getKindsMap(), overall, output);
        }
        output.say("");
        output.say("longest      %s", tokens(report.getLongTokensList()));
        output.say("unused       %s", report.getUnusedCount() == 0 ? "none" : tokens(report.getUnusedList()));
    }

    private static void rows(Map<String, Measure> measures, Measure overall, Output output) {
        measures.entrySet().stream()
                .sorted(Map.Entry.<String, Measure>comparingByValue((a, b) -> Long.compare(b.getBytes(), a.getBytes()))
                        .thenComparing(Map.Entry.comparingByKey()))
                .forEach(entry -> row(entry.getKey(), entry.getValue(), overall, output));
    }

    private static void row(String name, Measure measure, Measure overall, Output output) {
        output.say(
                ROW,
                name,
                String.format(Locale.ROOT, "%,d", measure.getDocuments()),
                String.format(Locale.ROOT, "%,d", measure.getBytes()),
                String.format(
                        Locale.ROOT,
                        "%.1f%%",
                        overall.getBytes() == 0 ? 0 : 100.0 * measure.getBytes() / overall.getBytes()),
                String.format(Locale.ROOT, "%,d", measure.getTokens()),
                String.format(Locale.ROOT, "%.2f", bytesPerToken(measure)));
    }

    private static String tokens(List<Token> tokens) {
        return tokens.stream()
                .limit(MAX_SHOWN)
                .map(token -> quoted(token.getText()))
                .collect(Collectors.joining(" "));
    }

    /** With what a terminal would obey escaped. */
    private static String quoted(String text) {
        try {
            return JSON.writeValueAsString(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a text could not be written", e);
        }
    }

    /** @throws CommandFailure where its training failed or was cancelled */
    public static void requireReady(Tokenizer tokenizer) {
        if (tokenizer.getState() == Tokenizer.State.FAILED) {
            throw CommandFailure.failed(
                    tokenizer.getFailureReason(),
                    "%s failed: %s".formatted(tokenizer.getName(), tokenizer.getFailureMessage()));
        }
        if (tokenizer.getState() == Tokenizer.State.CANCELLED) {
            throw CommandFailure.failed("CANCELLED", tokenizer.getName() + " was cancelled");
        }
    }
}
