# Installs @CMD@ for whoever runs it, and changes nothing else. For Windows PowerShell 5.1 and PowerShell 7:
#
#   irm '@DIRECTORY_URL@@CMD@.ps1' | iex
#   & ([scriptblock]::Create((irm '@DIRECTORY_URL@@CMD@.ps1'))) -To C:\Tools -Version 20260131
#
# -Help in the place of the parameters tells all of them. It never calls `exit`, which would close the window: it throws.
param(
  [string] $To,
  [string] $Version,
  [string] $Platform,
  [switch] $Quiet,
  [switch] $Help
)

# A block of its own: it leaves no function and no setting behind, and a script that was cut cannot be read at all.
& {
  Set-StrictMode -Version 1
  $ErrorActionPreference = 'Stop'
  # With `iex` the parameters were made in the scope of whoever typed it.
  $To, $Version, $Platform, $Quiet, $Help = $To, $Version, $Platform, $Quiet, $Help
  Remove-Variable -Name 'To', 'Version', 'Platform', 'Quiet', 'Help' -Scope 1 -ErrorAction SilentlyContinue

  $cmd = '@CMD@'
  $directory = '@DIRECTORY_URL@'
  $artifacts = '@ARTIFACTS_URL@'
  # Those with a current version.
  $platforms = '@PLATFORMS@' -split ' '
  # What the names of its environment variables begin with.
  $variable = '@VARIABLE@'

  if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    throw "Whoever administers this machine lets PowerShell do too little for this installer. Download $cmd by hand: $directory"
  }

  function Read-Setting([string] $name) {
    [Environment]::GetEnvironmentVariable("${variable}_INSTALL_$name")
  }

  function Write-Line([string] $text) {
    if (-not $Quiet) { Write-Host $text }
  }

  function Show-Help {
    Write-Host @"
Installs ${cmd}: downloads it, compares its SHA-256, and puts it into one folder. No administrator needed.

  & ([scriptblock]::Create((irm '${directory}${cmd}.ps1'))) [parameters]

  -To FOLDER      the folder (${variable}_INSTALL_TO); %LOCALAPPDATA%\Programs\$cmd without it
  -Version V      a version such as 20260131 (${variable}_INSTALL_VERSION); the current one without it
  -Platform P     for another machine than this (${variable}_INSTALL_PLATFORM), one of:
                  $platforms
  -Quiet          say nothing but what goes wrong (${variable}_INSTALL_QUIET=1)
  -Help           this text
"@
  }

  # The first that is offered of those that this machine runs.
  function Find-Platform {
    # What the system is: to an emulated process the environment tells the emulated processor.
    $key = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
    $processor = (Get-ItemProperty -Path $key -ErrorAction SilentlyContinue).PROCESSOR_ARCHITECTURE
    if (-not $processor) { $processor = $env:PROCESSOR_ARCHITEW6432 }
    if (-not $processor) { $processor = $env:PROCESSOR_ARCHITECTURE }
    $runs = switch ($processor) {
      'ARM64' {
        # Before Windows 11 it emulates 32 bits alone.
        if ([Environment]::OSVersion.Version.Build -ge 22000) { 'windows-arm64', 'windows-amd64', 'windows-386' }
        else { 'windows-arm64', 'windows-386', 'windows-amd64' }
      }
      'AMD64' { 'windows-amd64', 'windows-386' }
      'x86' { 'windows-386' }
    }
    $found = @($runs | Where-Object { $platforms -ccontains $_ })
    if ($found.Count -gt 0) { return $found[0] }
    # An older version may have been built for more.
    if ($Version -and $runs) { return @($runs)[0] }
    throw "$cmd has no current version for this machine (Windows $processor), only for: $platforms. $directory shows all there is."
  }

  function Get-Reason($problem) {
    $problem.Exception.GetBaseException().Message
  }

  # What may pass is thrown as a TimeoutException, and tried again.
  function Invoke-Again([scriptblock] $action) {
    foreach ($pause in 1, 3) {
      try { return & $action } catch [TimeoutException] { Start-Sleep -Seconds $pause }
    }
    & $action
  }

  # The response, or a sentence that says what went wrong and what to do.
  function Open-Url([string] $url) {
    $request = [Net.WebRequest]::Create($url)
    # The protocol never redirects these.
    $request.AllowAutoRedirect = $false
    $request.Timeout = 20000
    $request.ReadWriteTimeout = 30000
    # Windows PowerShell does not look at these variables.
    $proxy = if ($url -like 'https:*') { $env:HTTPS_PROXY } else { $env:HTTP_PROXY }
    if ($proxy) {
      $request.Proxy = New-Object Net.WebProxy $proxy
      $name, $password = ([Uri] $proxy).UserInfo -split ':', 2 | ForEach-Object { [Uri]::UnescapeDataString($_) }
      if ($name) { $request.Proxy.Credentials = New-Object Net.NetworkCredential $name, $password }
    } elseif ($request.Proxy) { $request.Proxy.Credentials = [Net.CredentialCache]::DefaultCredentials }
    try {
      $response = $request.GetResponse()
    } catch {
      $problem = $_.Exception
      while ($problem.InnerException -and $problem -isnot [Net.WebException]) { $problem = $problem.InnerException }
      $sentence = Get-Sentence $url $problem
      if (Test-Passing $problem) { throw (New-Object TimeoutException $sentence) }
      throw $sentence
    }
    if ([int] $response.StatusCode -ne 200) {
      $response.Close()
      throw "$url was answered with $([int] $response.StatusCode): something between here and there may have answered in its place."
    }
    $response
  }

  function Test-Passing($problem) {
    if ($problem -isnot [Net.WebException]) { return $false }
    if ($problem.Response) {
      $status = [int] $problem.Response.StatusCode
      return $status -eq 408 -or $status -eq 429 -or $status -ge 500
    }
    'Timeout', 'ReceiveFailure', 'SendFailure', 'ConnectionClosed', 'KeepAliveFailure' -contains [string] $problem.Status
  }

  function Get-Sentence([string] $url, $problem) {
    $name = ([Uri] $url).Host
    $way = 'Check the connection. Behind a proxy, set $env:HTTPS_PROXY to http://<host>:<port> first.'
    if ($problem -isnot [Net.WebException]) { return "$url could not be downloaded: $($problem.Message) $way" }
    if ($problem.Response) {
      $status = [int] $problem.Response.StatusCode
      switch ($status) {
        404 { return "$url is not there (404): no such version for this platform. $directory shows all there is." }
        403 { return "$url is refused (403). It may have been withdrawn just now. $way" }
        407 { return 'The proxy wants a name and a password: set $env:HTTPS_PROXY to http://<name>:<password>@<host>:<port>.' }
        429 { return "$name has too many requests right now (429). Try again in a minute." }
      }
      if ($status -ge 500) { return "$name cannot answer right now ($status). Try again in a few minutes." }
      return "$url was answered with $status. $way"
    }
    switch ([string] $problem.Status) {
      'NameResolutionFailure' { return "The address of $name cannot be found. $way" }
      'ConnectFailure' { return "$name takes no connections. $way" }
      'Timeout' { return "$name does not answer. $way" }
      'ProxyNameResolutionFailure' { return "The address of the proxy cannot be found. Correct HTTPS_PROXY or the system's proxy." }
      { $_ -in 'TrustFailure', 'SecureChannelFailure' } {
        return "There is no secure connection to ${name}: its certificate is not trusted here. Check this machine's clock."
      }
    }
    "$url could not be downloaded: $($problem.Message) $way"
  }

  function Read-Document([string] $url) {
    $response = Open-Url $url
    try {
      $reader = New-Object IO.StreamReader $response.GetResponseStream()
      $reader.ReadToEnd() | ConvertFrom-Json
    } catch {
      throw "$url is not what it should be: something in between may have answered in its place."
    } finally {
      $response.Close()
    }
  }

  # With a progress of our own: that of Invoke-WebRequest makes Windows PowerShell many times slower.
  function Save-Url([string] $url, [string] $file) {
    $response = Open-Url $url
    try {
      $from = $response.GetResponseStream()
      $into = [IO.File]::Create($file)
      try {
        $buffer = New-Object byte[] 262144
        $done = 0
        $told = -1
        while ($true) {
          try {
            $count = $from.Read($buffer, 0, $buffer.Length)
          } catch {
            throw (New-Object TimeoutException "The download of $url broke off ($(Get-Reason $_)) Try again.")
          }
          if ($count -eq 0) { break }
          $into.Write($buffer, 0, $count)
          $done += $count
          $percent = if ($response.ContentLength -gt 0) { [int] (100 * $done / $response.ContentLength) } else { 0 }
          if (-not $Quiet -and $percent -ne $told) {
            Write-Progress -Activity "Downloading $cmd" -Status "$done bytes" -PercentComplete $percent
            $told = $percent
          }
        }
      } finally {
        $into.Dispose()
        if (-not $Quiet) { Write-Progress -Activity "Downloading $cmd" -Completed }
      }
      if ($response.ContentLength -gt 0 -and $done -ne $response.ContentLength) {
        throw (New-Object TimeoutException "The download of $url broke off. Try again.")
      }
    } finally {
      $response.Close()
    }
  }

  function Expand-Gzip([string] $from, [string] $into) {
    $packed = [IO.File]::OpenRead($from)
    try {
      $unpacked = New-Object IO.Compression.GZipStream $packed, ([IO.Compression.CompressionMode]::Decompress)
      $file = [IO.File]::Create($into)
      try {
        $unpacked.CopyTo($file)
      } catch {
        if ($_.Exception.GetBaseException() -isnot [IO.InvalidDataException]) { throw }
        throw "The download was damaged on its way. Try again."
      } finally {
        $file.Dispose()
      }
    } finally {
      $packed.Dispose()
    }
  }

  function ConvertTo-Hexadecimal([byte[]] $bytes) {
    [BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant()
  }

  # Of a file that cannot be read, as of a locked one, nothing.
  function Get-Sha256([string] $file) {
    try { $stream = [IO.File]::OpenRead($file) } catch { return '' }
    $algorithm = [Security.Cryptography.SHA256]::Create()
    try { ConvertTo-Hexadecimal ($algorithm.ComputeHash($stream)) } finally { $stream.Dispose(); $algorithm.Dispose() }
  }

  # Windows lets nobody overwrite a program that is running, but it may be moved aside.
  function Move-IntoPlace([string] $from, [string] $target) {
    # What earlier ones left, now that it runs no more.
    $old = "$([IO.Path]::GetFileName($target)).old-"
    Get-ChildItem -LiteralPath ([IO.Path]::GetDirectoryName($target)) -Filter "$old*" -File -Force -ErrorAction SilentlyContinue |
      Where-Object { $_.Name -match '\.old-[0-9a-f]{32}$' } |
      Remove-Item -Force -ErrorAction SilentlyContinue
    $aside = "$target.old-$([Guid]::NewGuid().ToString('N'))"
    try {
      if ([IO.File]::Exists($target)) { [IO.File]::Move($target, $aside) }
      [IO.File]::Move($from, $target)
    } catch {
      throw "$target could not be replaced ($(Get-Reason $_)) Choose another folder with -To."
    } finally {
      # After Ctrl-C, too, somebody has a program there.
      if ([IO.File]::Exists($aside) -and -not [IO.File]::Exists($target)) { [IO.File]::Move($aside, $target) }
    }
    Remove-Item -LiteralPath $aside -Force -ErrorAction SilentlyContinue
  }

  # What is missing for the person to be able to type the command.
  function Show-Path([string] $folder, [string] $target, [string] $sha256) {
    $places = @($env:Path -split ';' | ForEach-Object { $_.TrimEnd('\') })
    $place = $folder.TrimEnd('\')
    if ($places -contains $place) {
      $first = @(Get-Command -Name $cmd -CommandType Application -ErrorAction SilentlyContinue)
      if ($first.Count -gt 0 -and $first[0].Path -ne $target -and (Get-Sha256 $first[0].Path) -cne $sha256) {
        Write-Line "But typing $cmd starts $($first[0].Path), which comes first on your PATH. Remove that one, or put $folder before it."
      }
      return
    }
    if ($env:GITHUB_PATH) {
      try {
        [IO.File]::AppendAllText($env:GITHUB_PATH, "$folder`n")
        Write-Line "The next steps of this job find it: $folder was added to GITHUB_PATH."
        return
      } catch {
        Write-Line "GITHUB_PATH cannot be written: $(Get-Reason $_)"
      }
    }
    $quoted = "'" + $folder.Replace("'", "''") + ";'"
    $lasting = @([Environment]::GetEnvironmentVariable('Path', 'User') -split ';' | ForEach-Object { $_.TrimEnd('\') })
    Write-Line ''
    if ($lasting -contains $place) {
      Write-Line "New windows find it. For this one, type:"
    } else {
      Write-Line "$folder is not on your PATH. Put it there, for new windows and for this one, with:"
      # As it is written there, with names such as %USERPROFILE%. The second line tells Windows that it has changed.
      Write-Line "  Set-ItemProperty HKCU:\Environment Path ($quoted + (Get-Item HKCU:\Environment).GetValue('Path', '', 'DoNotExpandEnvironmentNames')) -Type ExpandString"
      Write-Line "  [Environment]::SetEnvironmentVariable('${variable}_INSTALL', [NullString]::Value, 'User')"
    }
    Write-Line "  `$env:Path = $quoted + `$env:Path"
  }

  if ($Help) { return Show-Help }
  if ($PSVersionTable.PSVersion.Major -ge 6 -and -not $IsWindows) {
    throw "This installer is for Windows. In a shell: curl -fsSL $directory$cmd.sh | sh"
  }
  if (-not $To) { $To = Read-Setting 'TO' }
  if (-not $Version) { $Version = Read-Setting 'VERSION' }
  if (-not $Platform) { $Platform = Read-Setting 'PLATFORM' }
  if (@('', '0', 'false', 'no') -notcontains [string] (Read-Setting 'QUIET')) { $Quiet = $true }
  # As the tags are written, too.
  $Version = $Version -replace '^v', ''
  if ($Version -and $Version -notmatch '^[0-9]+(\.[0-9]+)?$') {
    throw "$Version is not a version; they look like 20260131 or 20260131.2."
  }
  if ($Platform -and $Platform -notmatch '^[A-Za-z0-9-]+$') {
    throw "$Platform is not a platform; there are: $platforms."
  }
  # With the platform of another machine, this one's PATH does not matter.
  $isForHere = -not $Platform
  if ($isForHere) { $Platform = Find-Platform }
  $name = if ($Platform -like 'windows-*') { "$cmd.exe" } else { $cmd }
  if (-not $To) {
    if (-not $env:LOCALAPPDATA) { throw "LOCALAPPDATA is not set, so there is no usual folder. Choose one with -To." }
    $To = [IO.Path]::Combine($env:LOCALAPPDATA, 'Programs', $cmd)
  }
  $folder = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($To)
  # `D:` alone would be where one stands on that drive.
  if ($folder -ne [IO.Path]::GetPathRoot($folder)) { $folder = $folder.TrimEnd('\') }
  $target = [IO.Path]::Combine($folder, $name)
  if (Test-Path -LiteralPath $target -PathType Container) {
    throw "$target is a folder. Remove it, or choose another place with -To."
  }

  $protocols = [Net.ServicePointManager]::SecurityProtocol
  $made = $false
  $work = [IO.Path]::Combine($folder, ".$cmd-install-$([Guid]::NewGuid().ToString('N'))")
  try {
    # Windows PowerShell on older systems offers only what came before it. 0 leaves it to the system.
    if ([int] $protocols -ne 0) {
      [Net.ServicePointManager]::SecurityProtocol = $protocols -bor [Net.SecurityProtocolType]::Tls12
    }
    $wanted = if ($Version) { $Version } else { 'current' }
    $document = Invoke-Again { Read-Document "$directory$cmd/$wanted/$Platform.json" }
    if (-not $Version) { $Version = [string] $document.version }
    if ([string] $document.sha256 -notmatch '^[A-Za-z0-9+/]{43}=$' -or $Version -notmatch '^[0-9]+(\.[0-9]+)?$') {
      throw "$directory does not answer as it should: something in between may have answered in its place."
    }
    $sha256 = ConvertTo-Hexadecimal ([Convert]::FromBase64String($document.sha256))
    if ((Test-Path -LiteralPath $target) -and (Get-Sha256 $target) -ceq $sha256) {
      Write-Line "$cmd $Version is installed already: $target"
    } else {
      $made = -not (Test-Path -LiteralPath $folder)
      try {
        [void] [IO.Directory]::CreateDirectory($work)
      } catch {
        throw "Nothing can be written into $folder ($(Get-Reason $_)) Choose another folder with -To."
      }
      $url = "$artifacts$cmd/$Version/$Platform.gz"
      Write-Line "Downloading $cmd $Version for $Platform"
      $packed = [IO.Path]::Combine($work, 'gz')
      $unpacked = [IO.Path]::Combine($work, $name)
      try {
        Invoke-Again { Save-Url $url $packed }
        Expand-Gzip $packed $unpacked
      } catch {
        # On a full disk, above all.
        if ($_.Exception.GetBaseException() -isnot [IO.IOException]) { throw }
        throw "The download cannot be written into $folder ($(Get-Reason $_)) Make room, or choose another folder with -To."
      }
      $found = Get-Sha256 $unpacked
      if ($found -cne $sha256) {
        throw "$url is not what was released, so it was thrown away: its SHA-256 is $found, and the directory says $sha256. Try again; if it stays so, tell those who release $cmd."
      }
      Move-IntoPlace $unpacked $target
      Write-Line "$cmd $Version for $Platform is installed, its SHA-256 verified: $target"
    }
  } finally {
    [Net.ServicePointManager]::SecurityProtocol = $protocols
    if (Test-Path -LiteralPath $work) { Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue }
    # A folder that was made goes as well, unless something came into it.
    if ($made -and (Test-Path -LiteralPath $folder) -and -not (Get-ChildItem -LiteralPath $folder -Force)) {
      Remove-Item -LiteralPath $folder -Force -ErrorAction SilentlyContinue
    }
  }
  if ($isForHere) { Show-Path $folder $target $sha256 }
}
