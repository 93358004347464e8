package io.maru.control.app;

import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.RecipeReader;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.platform.error.CommonReason;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** What operators may do with runs. */
public final class Runs {
    public static final int MOST_SOURCES = 10_000;
    private static final int LONGEST_SOURCE = 256;
    private static final Pattern UPLOAD = Pattern.compile("uploads/[0-9a-f]{32}");
    /** No part is empty or leads upwards. */
    private static final Pattern INBOX = Pattern.compile("inbox(/(?!\\.{1,2}(/|$))[^/\\\\\\p{Cntrl}]+)+");

    private final RunStore runs;
    private final SourceSizes sources;
    private final RegisteredTokenizers tokenizers;
    private final TrainingCheck training;
    private final RunObserver observer;
    private final Wake wake;
    private final long mostOpen;
    private final InstantSource clock;

    /**
     * @param wake makes the conductor look at a run soon
     * @param mostOpen runs that may be unfinished at a time
     */
    public Runs(
            RunStore runs,
            SourceSizes sources,
            RegisteredTokenizers tokenizers,
            TrainingCheck training,
            RunObserver observer,
            Wake wake,
            long mostOpen,
            InstantSource clock) {
        this.runs = runs;
        this.sources = sources;
        this.tokenizers = tokenizers;
        this.training = training;
        this.observer = observer;
        this.wake = wake;
        this.mostOpen = mostOpen;
        this.clock = clock;
    }

    /**
     * Checks everything that can be known beforehand, and queues a run. The same request again gives the run that it made.
     *
     * @throws io.maru.platform.error.Refusal RECIPE_INVALID, SOURCES_INVALID, SOURCE_MISSING, TEXT_TOO_SHORT,
     *     TOKENIZER_NOT_FOUND and its like, TOO_MANY_RUNS, REQUEST_ID_REUSED
     */
    public Run submit(String requestId, String recipe, List<String> from) {
        if (requestId.chars().anyMatch(Character::isISOControl)) {
            throw CommonReason.INVALID_ARGUMENT.because("request_id: holds control characters (expected: none)");
        }
        Optional<Run> earlier = runs.byRequest(requestId);
        if (earlier.isPresent()) {
            return same(earlier.get(), recipe, from);
        }
        Recipe read = RecipeReader.read(recipe);
        checkNames(from);
        read.checkFits(bytes(from));
        training.check(read, vocabulary(read));
        if (runs.open() >= mostOpen) {
            throw ControlReason.TOO_MANY_RUNS.because(
                    "runs: %d are not finished (expected: fewer than that; try again when one has ended)", mostOpen);
        }
        String name = "runs/r-" + UUID.randomUUID().toString().substring(0, 18).replace("-", "");
        if (!runs.create(name, requestId, recipe, from, clock.instant())) {
            // The same request came twice at the same moment, and the other call was first.
            return same(runs.byRequest(requestId).orElseThrow(), recipe, from);
        }
        Run made = get(name);
        wake.soon(name);
        return made;
    }

    private static Run same(Run earlier, String recipe, List<String> from) {
        if (!earlier.recipe().equals(recipe) || !earlier.sources().equals(from)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: %s was %s with another recipe or other sources (expected: a new id)",
                    earlier.requestId(), earlier.name());
        }
        return earlier;
    }

    /**
     * Checks a recipe alone.
     *
     * @param sourceBytes of the text that it is meant for; 0 where it is unknown
     * @throws io.maru.platform.error.Refusal RECIPE_INVALID, TEXT_TOO_SHORT, TOKENIZER_NOT_FOUND and its like
     */
    public CheckedRecipe check(String recipe, long sourceBytes) {
        if (sourceBytes < 0) {
            throw CommonReason.INVALID_ARGUMENT.because("source_bytes: %d (expected: >= 0)", sourceBytes);
        }
        Recipe read = RecipeReader.read(recipe);
        if (sourceBytes > 0) {
            read.checkFits(sourceBytes);
        }
        int vocabulary = vocabulary(read);
        training.check(read, vocabulary);
        return new CheckedRecipe(read, read.parameters(vocabulary));
    }

    /** Tokens of the tokenizer that there is, or at most of the one that there will be. */
    private int vocabulary(Recipe recipe) {
        return recipe.tokenizer()
                .use()
                .map(tokenizers::tokens)
                .orElse(recipe.tokenizer().vocabularySize());
    }

    /** @param parameters of the model, if a new tokenizer's vocabulary reaches the size that is asked for */
    public record CheckedRecipe(Recipe recipe, long parameters) {}

    public Run get(String name) {
        return runs.find(name)
                .orElseThrow(
                        () -> ControlReason.RUN_NOT_FOUND.because("%s: no such run (expected: one of ListRuns)", name));
    }

    /** Newest first, from below {@code before}. */
    public List<Run> list(long before, int most) {
        return runs.list(before, most);
    }

    public List<RunEvent> events(String name, long after, int most) {
        return runs.events(name, after, most);
    }

    /** Asks a run to stop; one that is final or stopping stays as it is. */
    public Run cancel(String name) {
        while (true) {
            Run run = get(name);
            RunState state = run.status().state();
            if (state.isFinal() || state == RunState.CANCELLING) {
                return run;
            }
            RunStatus next = run.status().cancel(clock.instant());
            if (runs.save(run, next)) {
                observer.changed(run, next);
                wake.soon(name);
                return get(name);
            }
        }
    }

    private static void checkNames(List<String> from) {
        if (from.isEmpty() || from.size() > MOST_SOURCES) {
            throw ControlReason.SOURCES_INVALID.because(
                    "sources: %d of them (expected: 1 to %d)", from.size(), MOST_SOURCES);
        }
        for (int i = 0; i < from.size(); i++) {
            String source = from.get(i);
            if (source.length() > LONGEST_SOURCE
                    || !(UPLOAD.matcher(source).matches()
                            || INBOX.matcher(source).matches())) {
                throw ControlReason.SOURCES_INVALID.because(
                        "sources[%d]: \"%s\" (expected: uploads/{upload}, or inbox/ and a key of at most %d characters)",
                        i, source.substring(0, Math.min(source.length(), LONGEST_SOURCE)), LONGEST_SOURCE);
            }
        }
    }

    private long bytes(List<String> from) {
        long bytes = 0;
        for (int i = 0; i < from.size(); i++) {
            String source = from.get(i);
            int index = i;
            bytes += sources.size(source)
                    .orElseThrow(() -> ControlReason.SOURCE_MISSING.because(
                            "sources[%d]: there is no %s (expected: one that was uploaded)", index, source));
        }
        return bytes;
    }
}
