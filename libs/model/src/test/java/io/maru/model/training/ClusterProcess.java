package io.maru.model.training;

import io.maru.model.TestModels;
import io.maru.model.cluster.Cluster;
import io.maru.model.cluster.ClusterLostException;
import io.maru.model.data.BatchForm.Planes;
import io.maru.model.device.DeviceOptions;
import io.maru.model.weights.Weights;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** One process of a cluster. Rank 0 prints the numbers of its steps on one line, and LOST where another is lost. */
final class ClusterProcess {
    /** What takes longer than any test. */
    static final int ENDLESS = 1_000_000;

    private ClusterProcess() {}

    /** @param args rank, addresses, devices, limit in milliseconds, steps, planes of a batch */
    public static void main(String[] args) {
        Cluster cluster = new Cluster(
                List.of(args[1].split(",")), Integer.parseInt(args[0]), Duration.ofMillis(Long.parseLong(args[3])));
        DeviceOptions device = TestModels.TWO_THREADS.withDevices(Integer.parseInt(args[2]));
        TrainingOptions options = TrainingOptions.usual().withAccumulation(2).withDropout(0.1f, 3);
        Planes planes = Planes.valueOf(args[5]);
        TrainingTask task = TrainingTask.of(DevicesTest.CONFIG, DevicesTest.ADAMW, DevicesTest.BATCH)
                .with(planes);
        if (cluster.rank() > 0) {
            Trainer.follow(task, options, device, cluster);
            return;
        }
        try (Trainer trainer =
                Trainer.create(task, Weights.initial(DevicesTest.CONFIG, 42), options, device, cluster)) {
            DevicesTest.curve(trainer, 2, planes);
            DevicesTest.refused(trainer);
            System.out.println("BEGAN");
            trainer.idle();
            System.out.println(DevicesTest.curve(trainer, Integer.parseInt(args[4]), planes).stream()
                    .map(Object::toString)
                    .collect(Collectors.joining(" ")));
        } catch (ClusterLostException e) {
            System.out.println("LOST " + e.getMessage());
            // What hangs in TensorFlow hangs on.
            Runtime.getRuntime().halt(1);
        }
    }
}
