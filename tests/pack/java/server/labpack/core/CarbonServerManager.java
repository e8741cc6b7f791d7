package labpack.core;

import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import labpack.conf.ServerConf;
import labpack.conf.Switches;
import labpack.core.spi.Part;
import labpack.log.Log;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.startlevel.FrameworkStartLevel;

/** The start of the server: wait for every Axis2 service bundle, start the parts in order, say so; and the stop. */
final class CarbonServerManager implements Runnable {
    private static final String TYPE = "org.wso2.carbon.core.init.CarbonServerManager";
    private static final String FINALIZER = "org.wso2.carbon.core.internal.StartupFinalizerServiceComponent";

    /** Headers that hold up a start as services.xml does (carbon 1.7); how the real one words it is not known. */
    private static final String[] BLOCKING = {"Axis2Module", "Axis2Deployer", "Axis2RequiredServices",
        "ListenerManager-RequiredServices", "CAPP_MANAGER-RequiredServices"};

    private final BundleContext context;
    private final List<Part> running = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean started;
    private volatile boolean halting;

    CarbonServerManager(BundleContext context) {
        this.context = context;
    }

    @Override
    public void run() {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this::halt, "CarbonShutdownHook"));
            awaitFramework();
            banner();
            @SuppressWarnings("resource") // stays open for the life of the process: the one random port (real-run 1)
            ServerSocket random = new ServerSocket(0);
            awaitServices();
            Thread.sleep(Switches.millis("start.delay", 0));
            startParts();
            finish();
        } catch (Throwable e) {
            Log.error(TYPE, "Cannot start the server", e);
        }
    }

    private void awaitFramework() throws Exception {
        FrameworkStartLevel level = context.getBundle(0).adapt(FrameworkStartLevel.class);
        while (level.getStartLevel() < 5) {
            Thread.sleep(20);
        }
    }

    private void banner() throws Exception {
        String type = "org.wso2.carbon.core.internal.CarbonCoreActivator";
        ServerConf conf = ServerConf.get();
        Log.info(type, "Starting WSO2 Carbon...");
        Log.info(type, "lab pack, not WSO2 code: " + conf.productName + "-" + conf.version + " in shape only");
        Log.info(type, "Operating System : " + System.getProperty("os.name") + " " + System.getProperty("os.version")
                + ", " + System.getProperty("os.arch"));
        Log.info(type, "Java Home        : " + System.getProperty("java.home"));
        Log.info(type, "Java Version     : " + System.getProperty("java.version"));
        Log.info(type, "Java VM          : " + System.getProperty("java.vm.name"));
        Log.info(type, "Carbon Home      : " + conf.home);
        Log.info(type, "Java Temp Dir    : " + System.getProperty("java.io.tmpdir"));
        Log.info(type, "User             : " + System.getProperty("user.name"));
        Footprints.early(conf);
    }

    /** Waits for every installed bundle with META-INF/*services.xml: an unresolved one hangs the start (real-run 1). */
    private void awaitServices() throws Exception {
        long every = Switches.millis("pending.interval", 60_000);
        long next = System.currentTimeMillis() + every;
        for (List<String> pending = pending(); !pending.isEmpty(); pending = pending()) {
            if (System.currentTimeMillis() >= next) {
                next += every;
                Log.warn(TYPE, "Carbon initialization is delayed due to the following unsatisfied items:");
                for (String item : pending) {
                    Log.warn(TYPE, "Waiting for required " + item);
                }
            }
            Thread.sleep(50);
        }
    }

    private List<String> pending() {
        List<String> out = new ArrayList<>();
        for (Bundle b : context.getBundles()) {
            if (b.getState() == Bundle.ACTIVE || b.getHeaders().get("Fragment-Host") != null) {
                continue;
            }
            Enumeration<String> entries = b.getEntryPaths("META-INF");
            while (entries != null && entries.hasMoreElements()) {
                if (entries.nextElement().endsWith("services.xml")) {
                    out.add("OSGiAxis2Service: " + b.getSymbolicName() + "-" + b.getVersion());
                    break;
                }
            }
            for (String header : BLOCKING) {
                if (b.getHeaders().get(header) != null) {
                    out.add(header + ": " + b.getSymbolicName() + "-" + b.getVersion());
                }
            }
        }
        return out;
    }

    private void startParts() throws Exception {
        List<Part> parts = new ArrayList<>();
        for (ServiceReference<Part> r : context.getServiceReferences(Part.class, null)) {
            parts.add(context.getService(r));
        }
        parts.add(new ManagementPorts());
        parts.add(new Axis2Services());
        parts.add(new HazelcastClusteringAgent());
        parts.sort(Comparator.comparingInt(Part::rank));
        for (Part part : parts) {
            if (halting) {
                return;
            }
            running.add(part);
            part.start();
        }
    }

    private void finish() throws Exception {
        if (halting || Switches.on("never.started")) {
            return;
        }
        ServerConf conf = ServerConf.get();
        Footprints.started(conf);
        long begun = Long.parseLong(System.getProperty("carbon.start.time"));
        long seconds = Math.max(1, Math.round((System.currentTimeMillis() - begun) / 1000.0));
        Log.info(FINALIZER, "Server           :  " + conf.productName + "-" + conf.version);
        Log.info(FINALIZER, "WSO2 Carbon started in " + seconds + " sec");
        started = true;
        for (Part part : new ArrayList<>(running)) {
            part.started();
        }
    }

    /** TERM: about as fast as asked for, everything in flight cut, the last line "Halting JVM" (real-run 3, 9). */
    private void halt() {
        halting = true;
        try {
            Log.info(TYPE, "Shutdown hook triggered....");
            if (started) {
                Log.info("org.wso2.carbon.core.ServerManagement", "Starting to switch to maintenance mode...");
            }
            List<Part> back = new ArrayList<>(running);
            Collections.reverse(back);
            // Ports first, so that requests are cut at once (real-run 9); leaving the cluster takes its time.
            back.sort(Comparator.comparing(part -> part instanceof HazelcastClusteringAgent));
            for (Part part : back) {
                part.stop();
            }
            Thread.sleep(started ? Switches.millis("stop.delay", 1000) : 0);
            Log.info(TYPE, "Shutting down " + ServerConf.get().productName + "...");
            Log.info(TYPE, "Shutting down OSGi framework...");
        } catch (Throwable e) {
            Log.error(TYPE, "Error occurred while shutting down", e);
        }
        Footprints.stopped();
        Log.info(TYPE, "Halting JVM");
    }
}
