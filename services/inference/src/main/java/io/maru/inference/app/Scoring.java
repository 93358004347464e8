package io.maru.inference.app;

import static io.maru.inference.domain.InferenceReason.SEQUENCE_INVALID;

import java.util.ArrayList;
import java.util.List;

/** Answers one call for log-probabilities. */
public final class Scoring extends DecodingRequest {
    private final Models models;
    private final String model;
    private final List<int[]> sequences;
    private final Answer answer;

    /** Whoever waits for the scores. */
    public interface Answer {
        /** @param scores for each sequence one number less than it has tokens; nats */
        void scores(String modelVersion, List<double[]> scores);

        void fail(Throwable why);
    }

    public Scoring(DecodingSlots slots, Models models, String model, List<int[]> sequences, Answer answer) {
        super(slots);
        this.models = models;
        this.model = model;
        this.sequences = List.copyOf(sequences);
        this.answer = answer;
    }

    @Override
    void perform() {
        try (Models.Lease lease = models.acquire(model)) {
            check(lease.model());
            List<double[]> scores = new ArrayList<>(sequences.size());
            try (LanguageModel.Session session = lease.model().open()) {
                for (int[] sequence : sequences) {
                    if (isCancelled()) {
                        return;
                    }
                    scores.add(session.score(sequence));
                }
            }
            answer.scores(lease.about().version(), scores);
        }
    }

    private void check(LanguageModel model) {
        for (int i = 0; i < sequences.size(); i++) {
            int[] tokens = sequences.get(i);
            if (tokens.length < 2 || tokens.length > model.block() + 1) {
                throw SEQUENCE_INVALID.because(
                        "sequences[%d]: %d tokens (expected: 2 to %d)", i, tokens.length, model.block() + 1);
            }
            for (int place = 0; place < tokens.length; place++) {
                if (tokens[place] < 0 || tokens[place] >= model.vocabularySize()) {
                    throw SEQUENCE_INVALID.because(
                            "sequences[%d].token_ids[%d]: %d (expected: 0 to %d)",
                            i, place, tokens[place], model.vocabularySize() - 1);
                }
            }
        }
    }

    @Override
    void fail(Throwable why) {
        answer.fail(why);
    }
}
