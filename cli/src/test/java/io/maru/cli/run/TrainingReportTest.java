package io.maru.cli.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.maru.cli.Output;
import io.maru.training.v1.Choice;
import io.maru.training.v1.HistoryPoint;
import io.maru.training.v1.Preflight;
import io.maru.training.v1.TrainingJob;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingReportTest {
    private static final HistoryPoint POINT = HistoryPoint.newBuilder()
            .setFirstStep(101)
            .setLastStep(200)
            .setMeasurements(7)
            .setFirstLoss(3.5)
            .setMinLoss(3.25)
            .setMaxLoss(91.5)
            .setLastLoss(3.375)
            .setTokensPerSecond(21_875)
            .setMfu(0.25)
            .setStepSeconds(0.04)
            .setDataWaitSeconds(0.0001)
            .setMaxMemoryBytes(3L << 29)
            .build();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Output output = new Output(new PrintStream(out, true, UTF_8), false);

    @Test
    void aLineOfTheHistoryHasTheSpike() {
        TrainingReport.print(
                List.of(POINT, POINT.toBuilder().setValidationLoss(3.75).build()), output);

        List<String> lines = out.toString(UTF_8).lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(1).strip().split("\\s+"))
                .containsExactly(
                        "101-200", "3.5000", "3.2500", "91.5000", "3.3750", "21,875", "25.0%", "0.25%", "1.50");
        assertThat(lines.get(2)).contains("3.7500");
        assertThat(TrainingReport.of(POINT)).containsEntry("max_loss", 91.5).containsEntry("validation_loss", null);
    }

    @Test
    void tellsEachChoiceWithItsReasonAndWhatTheJobTakes() {
        TrainingJob planned = TrainingJob.newBuilder()
                .addChoices(Choice.newBuilder()
                        .setField("steps")
                        .setValue("1679")
                        .setWhy("1,720,000 tokens, 4 times what there is"))
                .setPreflight(Preflight.newBuilder().setPlannedBytes(1L << 30).setMemoryLimitBytes(8L << 30))
                .build();
        TrainingJob.Builder tried = planned.toBuilder();
        tried.getPreflightBuilder().setPeakBytes(3L << 29).setStepSeconds(0.25).setSeconds(419.75);

        TrainingReport.print(planned, output);
        TrainingReport.print(tried.build(), output);

        assertThat(out.toString(UTF_8).lines())
                .containsSubsequence(
                        "  auto steps             1679       1,720,000 tokens, 4 times what there is",
                        "  planned          1.00 GiB of memory, of 8.0",
                        "  tried            1.50 GiB of memory at most, of 8.0; 0.250 s a step, about 420 s in all");
        assertThat(TrainingReport.of(planned).get("choices"))
                .isEqualTo(List.of(
                        Map.of("field", "steps", "value", "1679", "why", "1,720,000 tokens, 4 times what there is")));
    }
}
