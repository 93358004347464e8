package io.maru.model.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.tensorflow.Server;
import org.tensorflow.proto.ClusterDef;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.JobDef;
import org.tensorflow.proto.ServerDef;

/**
 * The processes that train one model together. Each has a {@link Server}, through which it reaches the
 * others.
 *
 * <p>TensorFlow asks nobody who calls there, and listens on every address of the machine: the addresses belong into a
 * network of their own.
 *
 * @param addresses of all, as in {@code 127.0.0.1:2222}, in the order of their ranks; none for a process alone
 * @param rank of this process, from 0
 * @param limit of everything that waits for another process; who waits for longer has lost it
 */
public record Cluster(List<String> addresses, int rank, Duration limit) {
    private static final String JOB = "worker";
    /** Kept for ever: TensorFlow's cannot be stopped, nor used again once a process was lost. */
    private static final Queue<Server> SERVERS = new ConcurrentLinkedQueue<>();

    public Cluster {
        addresses = List.copyOf(addresses);
        if (rank < 0 || rank >= Math.max(1, addresses.size())) {
            throw new IllegalArgumentException(
                    "rank: " + rank + " (expected: 0.." + (Math.max(1, addresses.size()) - 1) + ")");
        }
    }

    /** Of one process, which needs no server. */
    public static Cluster alone() {
        return new Cluster(List.of(), 0, Duration.ZERO);
    }

    public int size() {
        return Math.max(1, addresses.size());
    }

    public boolean isAlone() {
        return addresses.isEmpty();
    }

    /** Answers the others from now on, as long as this process lasts. */
    public void serve(ConfigProto alone) {
        // The server needs the whole of it, not only the sessions: it is who asks rank 0 for the others.
        Server server = new Server(definition(session(alone)));
        server.start();
        SERVERS.add(server);
    }

    private ServerDef definition(ConfigProto session) {
        JobDef.Builder job = JobDef.newBuilder().setName(JOB);
        for (int i = 0; i < addresses.size(); i++) {
            job.putTasks(i, addresses.get(i));
        }
        return ServerDef.newBuilder()
                .setCluster(ClusterDef.newBuilder().addJob(job))
                .setJobName(JOB)
                .setTaskIndex(rank)
                .setProtocol("grpc")
                .setDefaultSessionConfig(session)
                .build();
    }

    /** What makes a session one of the cluster's. */
    public ConfigProto session(ConfigProto alone) {
        ConfigProto.Builder config = alone.toBuilder().addDeviceFilters("/job:" + JOB + "/task:" + rank);
        config.getExperimentalBuilder()
                .setCollectiveNccl(true)
                .setCollectiveGroupLeader("/job:" + JOB + "/replica:0/task:0");
        return config.build();
    }

    public String target() {
        String own = addresses.get(rank);
        return "grpc://127.0.0.1" + own.substring(own.lastIndexOf(':'));
    }
}
