package io.maru.cli.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A told story with the questions that it answers. */
record Story(List<String> sentences, List<Question> questions, String questionWord, String answerWord) {

    record Question(String question, String answer) {}

    /** The story on one line, a blank line, then a line for each question and each answer. */
    String toText() {
        StringBuilder text = new StringBuilder(String.join(" ", sentences)).append("\n\n");
        for (Question question : questions) {
            text.append(questionWord).append(": ").append(question.question()).append('\n');
            text.append(answerWord).append(": ").append(question.answer()).append('\n');
        }
        return text.toString();
    }

    /** In random order, so that a question's place tells nothing of its answer. */
    static List<Question> shuffled(List<Question> questions, SplittableRandom random) {
        List<Question> order = new ArrayList<>(questions);
        for (int i = order.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            order.set(j, order.set(i, order.get(j)));
        }
        return order;
    }
}
