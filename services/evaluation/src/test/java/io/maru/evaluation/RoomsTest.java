package io.maru.evaluation;

import io.maru.platform.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void everyRoomSeesWhatItMay() {
        Rooms.check("io.maru.evaluation");
    }
}
